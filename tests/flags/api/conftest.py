"""The callers of the management API, here too."""

from tests.tenants.api.conftest import program

__all__ = ["program"]
