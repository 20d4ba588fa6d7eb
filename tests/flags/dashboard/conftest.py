"""Addresses of the pages about flags."""

import pytest

SHOP = "/organizations/acme/projects/shop"
LIST = f"{SHOP}/flags/"


def switch_of(flag: str, environment: str) -> str:
    return f"{LIST}{flag}/environments/{environment}/switch/"


@pytest.fixture
def htmx() -> dict[str, str]:
    """The headers of a request by script."""
    return {"HX-Request": "true"}
