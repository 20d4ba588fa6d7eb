"""Pages for people about evaluation, and the socket that keeps all pages of a project live."""
