"""Everything by its name, from one place: for the palette, and for a page without script."""
