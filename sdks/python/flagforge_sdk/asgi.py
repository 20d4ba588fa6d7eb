"""Middleware for Starlette, FastAPI and every other ASGI application."""

from .sdk.asgi import FlagMoments

__all__ = ["FlagMoments"]
