"""The first minutes with a project: a flag, keys, commands that work when they are pasted, and a lamp that turns green."""
