"""Flags of FlagForge, evaluated in your process."""

from .sdk import about

__version__ = about.VERSION

__all__ = ["__version__"]
