"""The list asks the database as often for a thousand flags as for ten."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenants.models import User
from tests.conftest import Browser, FilledTo
from tests.flags.dashboard.conftest import LIST


@pytest.mark.parametrize(
    "query", ["", "?search=flag&sort=changed", "?state=production:on&tag=tag-1", "?page=2", "?stale=yes", "?owner=me"]
)
def test_a_thousand_flags_take_no_more_queries_than_ten(
    query: str, filled_to: FilledTo, browser: Browser, bob: User
) -> None:
    client, counted = browser(bob), []
    for count in (10, 1_000):
        filled_to(count)
        cache.clear()
        client.get(LIST + query)  # which flags are stale is kept for a minute
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST + query)
        counted.append(len(queries))

    assert counted[0] == counted[1] < 15
