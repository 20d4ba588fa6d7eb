"""Attributes seen: what contexts have, by name, type and value, as far as each attribute's privacy class lets it be known."""
