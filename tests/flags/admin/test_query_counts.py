"""Pages of lists ask the database as often for many flags as for a few."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flags.models import Flag, FlagConfig
from tenants.models import Environment, User
from tests.conftest import Browser
from tests.flags.admin.conftest import CONFIGS, FLAGS

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", [f"{FLAGS}?all=", CONFIGS, "/admin/tenants/auditevent/"])
def test_a_list_of_many_flags_takes_no_more_queries(
    address: str,
    browser: Browser,
    ada: User,
    a_flag: Callable[..., Flag],
    configured: Callable[..., FlagConfig],
    production: Environment,
) -> None:
    client = browser(ada)

    def flags(count: int) -> None:
        for number in range(count):
            configured(a_flag(f"flag-{Flag.objects.count()}-{number}"))

    def queries() -> int:
        client.get(address)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            answer = client.get(address)
        assert answer.status_code == 200
        return len(captured)

    flags(10)
    few = queries()
    flags(90)
    many = queries()

    assert many == few <= 20
