"""Pages for people: the shell that all pages share, and the pages about places, members, keys and the audit log."""
