"""What happens to a definition that cannot be understood here."""


class Unreadable(ValueError):
    """A definition that is newer than this reader, incomplete, or broken; the message says how."""
