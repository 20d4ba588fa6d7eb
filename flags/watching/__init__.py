"""Watching flags: what happens to them is told by mail, once, to those who watch them and may know of it."""
