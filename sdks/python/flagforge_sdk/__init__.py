"""Flags of FlagForge, evaluated in your process."""

from .core.context import Context, context_from
from .sdk import about
from .sdk.client import Client, Mode
from .sdk.details import Details

__version__ = about.VERSION

__all__ = ["Client", "Context", "Details", "Mode", "__version__", "context_from"]
