"""The provider for OpenFeature; needs the extra `openfeature`."""

from .sdk.provider import FlagForgeProvider

__all__ = ["FlagForgeProvider"]
