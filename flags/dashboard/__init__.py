"""Pages for people, over services and selectors."""
