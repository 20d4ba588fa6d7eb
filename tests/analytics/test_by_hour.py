"""How often flags were evaluated in each of the last 24 hours."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache

from analytics import stored
from analytics.by_hour import by_hour
from analytics.models import HourTally
from flags.dashboard.sparks import NOTHING, spark_of
from flags.templatetags.flag_list import amount
from tenants.models import Environment

NOON = datetime(2026, 11, 27, 12, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    cache.clear()


def told(environment: Environment, start: datetime, counts: dict[str, int], **more: Any) -> HourTally:
    tally = {"counts": {flag: {"on": {"STATIC": count}} for flag, count in counts.items()}}
    row: HourTally = HourTally.objects.create(
        organization=environment.organization,
        environment=environment,
        start=start.replace(minute=0, second=0, microsecond=0),
        own=stored.pressed(tally),
        **more,
    )
    return row


def test_hours_are_added_up_over_environments_and_parts(development: Environment, production: Environment) -> None:
    below = stored.pressed({"counts": {"checkout": {"off": {"DEFAULT": 3, "SPLIT": 1}}}})
    told(development, NOON - timedelta(hours=1), {"checkout": 5, "banner": 1}, below=below)
    told(production, NOON - timedelta(hours=1), {"checkout": 10})
    told(production, NOON - timedelta(hours=24), {"checkout": 2})
    told(production, NOON - timedelta(hours=25), {"checkout": 99})
    told(production, NOON, {"checkout": 7, "theme": 4})

    found = by_hour([development, production], ["checkout", "theme", "unasked"], NOON)

    assert found == {"checkout": [2, *[0] * 22, 19, 7], "theme": [*[0] * 24, 4]}
    assert by_hour([development], ["checkout"], NOON) == {"checkout": [*[0] * 23, 9, 0]}


def test_what_is_kept_is_never_an_old_one(production: Environment, django_assert_num_queries: Any) -> None:
    row = told(production, NOON - timedelta(hours=2), {"checkout": 5})
    assert sum(by_hour([production], ["checkout"], NOON)["checkout"]) == 5

    row.own = stored.pressed({"counts": {"checkout": {"on": {"STATIC": 6}}}})
    row.save()

    with django_assert_num_queries(1):
        assert sum(by_hour([production], ["checkout"], NOON)["checkout"]) == 6
    assert by_hour([production], ["checkout"], NOON + timedelta(hours=1))["checkout"][21] == 6


def test_a_line_and_words() -> None:
    spark = spark_of([0] * 22 + [50, 100, 7], NOON)

    assert spark.total == 157
    assert spark.words == "157 evaluations in the last 24 hours, most in the hour from 11:00 UTC"
    assert spark.line.startswith("M0 22 L4.174 22")
    assert spark.line.endswith("L91.83 12 L96 2")
    assert spark_of([0] * 24 + [3], NOON).words == "3 evaluations in the last 24 hours, all of them in this one"
    assert spark_of(None, NOON) == spark_of([0] * 25, NOON) == NOTHING


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0"),
        (88, "88"),
        (999, "999"),
        (1_000, "1 k"),
        (1_240, "1.24 k"),
        (61_249, "61.2 k"),
        (612_300, "612 k"),
        (2_080_000, "2.08 M"),
    ],
)
def test_amounts_have_three_digits(count: int, said: str) -> None:
    assert amount(count) == said
