"""The list asks the database as often for a thousand flags as for ten."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flags.models import Flag, FlagConfig
from tenants.models import Environment, Project, User
from tests.conftest import Browser
from tests.flags.dashboard.conftest import LIST

FilledTo = Callable[[int], None]


@pytest.fixture
def filled_to(shop: Project, alice: User, development: Environment, production: Environment) -> FilledTo:
    """Makes flags up to that many, each with an owner, a tag and a state in two environments."""

    def make(count: int) -> None:
        made = [
            Flag(
                organization=shop.organization,
                project=shop,
                key=f"flag-{number:04}",
                name="A flag",
                variants={"on": True, "off": False},
                tags=[f"tag-{number % 7}"],
                owner=alice,
            )
            for number in range(Flag.objects.count(), count)
        ]
        Flag.objects.bulk_create(made)
        FlagConfig.objects.bulk_create(
            FlagConfig(organization=shop.organization, flag=flag, environment=environment, enabled=True)
            for flag in made
            for environment in (development, production)
        )

    return make


@pytest.mark.parametrize("query", ["", "?search=flag&sort=changed", "?state=production:on&tag=tag-1", "?page=2"])
def test_a_thousand_flags_take_no_more_queries_than_ten(
    query: str, filled_to: FilledTo, browser: Browser, bob: User
) -> None:
    client, counted = browser(bob), []
    for count in (10, 1_000):
        filled_to(count)
        client.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST + query)
        counted.append(len(queries))

    assert counted[0] == counted[1] < 15
