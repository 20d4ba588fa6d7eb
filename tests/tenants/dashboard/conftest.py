"""Addresses of Acme's pages, and how often a page asks the database."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

ACME = "/organizations/acme/"
SHOP = f"{ACME}projects/shop/"
QueryCount = Callable[[Any, str], int]


@pytest.fixture
def query_count() -> QueryCount:
    """How many queries the second look at a page takes."""

    def count(client: Any, address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    return count
