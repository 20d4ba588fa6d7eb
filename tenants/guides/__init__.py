"""The documentation of docs/, as pages: the same files that a code host shows, with navigation and search."""
