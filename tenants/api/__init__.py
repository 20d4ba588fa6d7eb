"""The management API of people, places and keys, and what every view of the management API shares."""
