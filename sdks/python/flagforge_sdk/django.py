"""Middleware for Django."""

from .sdk.middleware import flag_moments

__all__ = ["flag_moments"]
