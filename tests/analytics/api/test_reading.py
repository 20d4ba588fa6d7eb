"""What was told is read again: over time, by flag, and by nobody who may not see the environment."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from evaluation.sdk.telemetry.sketch import Sketch
from flags.services import put_config
from tenants.actors import Actor
from tenants.models import Environment, User
from tests.analytics.batches import Tell, counts
from tests.conftest import Browser, FilledTo
from tests.evaluation.conftest import MakeFlag

pytestmark = pytest.mark.django_db

SHOP = "/api/v1/organizations/acme/projects/shop"
TELEMETRY, USAGE = f"{SHOP}/environments/development/telemetry", f"{SHOP}/usage/"
Get = Callable[..., Any]


@pytest.fixture
def get(browser: Browser, alice: User) -> Get:
    client: Client = browser(alice)
    return lambda address, **query: client.get(address, query)


def test_an_environment_over_time(tell: Tell, get: Get) -> None:
    tell(counts=counts(7) + counts(2, flag="banner", reason="STATIC"))
    tell(counts=counts(5, variant="off"), ago=timedelta(hours=5))

    document = get(TELEMETRY, step="hour").json()

    assert (document["evaluations"], document["step"]) == (14, "hour")
    assert document["variants"] == {"off": 5, "on": 9}
    assert document["reasons"] == {"SPLIT": 12, "STATIC": 2}
    points = document["points"]
    assert 24 <= len(points) <= 25
    assert [point["evaluations"] for point in points if point["evaluations"]] == [5, 9]
    assert document["last_evaluated"] == points[-1]["start"]


def test_one_flag_of_it(tell: Tell, get: Get, a_flag: MakeFlag) -> None:
    a_flag("checkout")
    failures = [{"flag": "checkout", "variant": "on", "requests": 500, "errors": 2}]
    tell(counts=counts(7) + counts(2, flag="banner"), errors=failures)

    document = get(TELEMETRY, flag="checkout", step="day").json()

    assert (document["flag"], document["evaluations"], document["variants"]) == ("checkout", 7, {"on": 7})
    assert document["errors"] == [{"variant": "on", "requests": 500, "errors": 2}]
    assert "unknown_flags" not in document


def test_shares_against_the_split(
    tell: Tell, get: Get, a_flag: MakeFlag, development: Environment, as_alice: Actor
) -> None:
    checkout = a_flag("checkout")
    quarter = {"split": {"weights": {"on": 25, "off": 75}}}
    put_config(checkout, development, {"enabled": True, "fallthrough": quarter}, actor=as_alice)
    told = [{"flag": "checkout", "subject": str(each), "at": timezone.now().isoformat()} for each in range(40)]
    tell(
        counts=counts(70) + counts(30, variant="off") + counts(9, reason="TARGETING_MATCH"),
        exposures=[each | {"variant": "on" if place % 4 == 0 else "off"} for place, each in enumerate(told)],
    )

    split = get(TELEMETRY, flag="checkout").json()["split"]

    assert (split["verdict"], split["p_value"], split["switched"], split["version"]) == ("fits", 1.0, 0, 2)
    assert split["variants"] == [
        {"variant": "on", "share": 0.25, "subjects": 10, "evaluations": 70},
        {"variant": "off", "share": 0.75, "subjects": 30, "evaluations": 30},
    ]


def test_shares_against_several_splits(
    tell: Tell, get: Get, a_flag: MakeFlag, development: Environment, as_alice: Actor
) -> None:
    asked = {"attribute": "country", "op": "in", "values": ["LV"]}
    tenth, halves = ({"split": {"weights": {"on": on, "off": 100 - on}}} for on in (10, 50))
    state = {"enabled": True, "rules": [{"id": "r1", "if": asked, "serve": tenth}], "fallthrough": halves}
    put_config(a_flag("checkout"), development, state, actor=as_alice)
    people = [("on", "r1")] * 10 + [("off", "r1")] * 90 + [("on", "")] * 50 + [("off", "")] * 50 + [("on", "gone")]
    at = timezone.now().isoformat()
    told = [
        {"flag": "checkout", "variant": name, "subject": str(place), "at": at} for place, (name, _) in enumerate(people)
    ]
    tell(exposures=[each | ({"rule": rule} if rule else {}) for each, (_, rule) in zip(told, people, strict=True)])

    split = get(TELEMETRY, flag="checkout").json()["split"]

    assert (split["verdict"], split["p_value"], split["compared"], split["left_out"]) == ("fits", 1.0, 2, 1)
    assert [(each["variant"], each["share"], each["subjects"]) for each in split["variants"]] == [
        ("on", 0.3, 60),
        ("off", 0.7, 140),
    ]


def test_how_fast_how_often_from_the_cache_and_by_whom(tell: Tell, get: Get) -> None:
    sketch = Sketch()
    for nanoseconds in range(1_000, 101_000, 1_000):
        sketch.add(nanoseconds)
    tell(
        counts=counts(100),
        latency={"unit": "ns", "sketch": sketch.as_text()},
        cache={"fresh": 90, "stale": 5, "miss": 5},
        breaker=[
            {"at": "2026-11-27T12:00:05.7+02:00", "to": "open"},
            {"at": "2026-11-27T10:00:06Z", "to": "half-open"},
            {"at": "2026-11-27T10:00:06.2Z", "to": "closed"},
        ],
        unknown_flags={"gone": 3, "old": 4},
    )

    document = get(TELEMETRY).json()

    latency = document["latency"]
    assert latency["timed"] == 100
    assert [latency[name] for name in ("p50_ns", "p95_ns", "p99_ns")] == [
        pytest.approx(exact, rel=0.02) for exact in (50_000, 95_000, 99_000)
    ]
    assert document["cache"] == {"hit_rate": 0.95, "fresh": 90, "stale": 5, "miss": 5}
    assert document["breaker"] == {"open": 1, "half-open": 1, "closed": 1}
    assert document["breaker_history"] == [
        {"at": "2026-11-27T10:00:06Z", "sender": "shop/web-1", "to": "closed"},
        {"at": "2026-11-27T10:00:06Z", "sender": "shop/web-1", "to": "half-open"},
        {"at": "2026-11-27T10:00:05Z", "sender": "shop/web-1", "to": "open"},
    ]
    assert document["sdks"] == [{"name": "test", "version": "1.0", "application": "shop", "batches": 1}]
    assert document["unknown_flags"] == [{"key": "old", "n": 4}, {"key": "gone", "n": 3}]


def test_where_nothing_was_told_everything_is_nothing(get: Get, development: Environment) -> None:
    document = get(
        TELEMETRY, **{"from": "2026-11-01T10:15:30Z", "to": "2026-11-01T11:45:00+00:00", "step": "hour"}
    ).json()

    assert (document["from"], document["to"]) == ("2026-11-01T10:00:00Z", "2026-11-01T12:00:00Z")
    assert document["points"] == [
        {"start": f"2026-11-01T{hour}:00:00Z", "evaluations": 0, "variants": {}} for hour in (10, 11)
    ]
    assert (document["last_evaluated"], document["latency"], document["cache"]) == (None, None, {"hit_rate": None})


@pytest.mark.parametrize(
    ("query", "path", "message"),
    [
        ({"step": "week"}, "step", "one of minute, hour, day"),
        ({"from": "yesterday"}, "from", "must be a moment"),
        ({"to": "2026-11-27"}, "to", "must be a moment"),
        ({"to": "0001-01-01T00:00:00Z"}, "from", ""),
        ({"from": "2026-11-27T10:00:00Z", "to": "2026-11-27T10:00:00Z"}, "from", "to must be later than from"),
        ({"from": "2020-01-01T00:00:00Z", "step": "minute"}, "from", "more than 1,500 points"),
        ({"from": "0001-01-01T00:00:00Z"}, "from", "more than 1,500 points"),
        ({"to": "9999-12-31T23:59:59Z", "from": "9999-12-31T00:00:00Z"}, "from", ""),
        ({"since": "1"}, "since", "unknown"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(
    query: dict[str, str], path: str, message: str, get: Get, development: Environment
) -> None:
    answer = get(TELEMETRY, **query)

    assert answer.status_code == 400, answer.content
    (error,) = answer.json()["errors"]
    assert error["path"] == path
    assert message in error["message"]


def test_a_flag_that_is_not_there_is_404(get: Get, development: Environment) -> None:
    assert get(TELEMETRY, flag="nowhere").status_code == 404


def test_how_often_each_flag_was_evaluated(
    tell: Tell, get: Get, a_flag: MakeFlag, development: Environment, production: Environment
) -> None:
    a_flag("checkout")
    a_flag("quiet")
    tell(counts=counts(7), ago=timedelta(days=3))
    tell(counts=counts(1, variant="off"))
    tell(counts=counts(4), environment=production, ago=timedelta(days=40))

    used = {row["key"]: row["environments"] for row in get(USAGE).json()["results"]}

    nothing = {"evaluations": 0, "variants": {}, "last_day": None}
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert used["checkout"] == {
        "development": {"evaluations": 8, "variants": {"on": 7, "off": 1}, "last_day": today},
        "production": nothing,
    }
    assert used["quiet"] == {"development": nothing, "production": nothing}
    longer = get(USAGE, days="60").json()["results"][0]["environments"]
    assert longer["production"]["evaluations"] == 4


@pytest.mark.parametrize("days", ["0", "401", "-1", "many", "1.5", "²"])
def test_days_that_are_no_number_of_days(days: str, get: Get, development: Environment) -> None:
    answer = get(USAGE, days=days)

    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (400, "days")


@pytest.mark.parametrize("address", [TELEMETRY, USAGE])
def test_an_outsider_is_told_of_nothing(
    address: str, browser: Browser, charlie: User, tell: Tell, development: Environment
) -> None:
    tell(counts=counts(7))

    assert browser(charlie).get(address).status_code == 404


@pytest.mark.parametrize("address", [TELEMETRY, USAGE])
def test_a_viewer_sees_it(address: str, browser: Browser, vera: User, development: Environment) -> None:
    assert browser(vera).get(address).status_code == 200


@pytest.mark.parametrize("address", [TELEMETRY, USAGE])
def test_the_number_of_queries_does_not_grow(address: str, get: Get, tell: Tell, filled_to: FilledTo) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert get(address).status_code == 200
        return len(captured)

    filled_to(2)
    get(address)
    tell(counts=counts(7))
    few = queries()
    filled_to(30)
    for hours in range(5):
        tell(counts=counts(1) + counts(2, flag="flag-0003"), ago=timedelta(hours=hours))

    assert queries() == few
