"""Pages about what applications told."""
