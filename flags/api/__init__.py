"""The management API of flags, their states and segments."""
