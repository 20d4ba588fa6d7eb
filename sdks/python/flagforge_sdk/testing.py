"""Flags for an application's tests, without a server."""

from .sdk.testing import FlagData, TestData

__all__ = ["FlagData", "TestData"]
