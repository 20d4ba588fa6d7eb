"""Moments as they are written, and the ends of the calendar, at which no door may fall over."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tenants.api.bodies import read_moment
from tenants.moments import LAST, midnight, moment_named
from tenants.problems import Invalid
from tests.analytics.rollouts.conftest import checkout as checkout
from tests.conftest import Browser
from tests.evaluation.conftest import a_flag as a_flag
from tests.tenants.api.conftest import ACME, SHOP, Caller, paths_of, problem_of
from tests.tenants.api.conftest import program as program

ENDS = ("0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00")
DEVELOPMENT = f"{SHOP}/environments/development"
Ask = Callable[[Caller, str], Any]

# Every address of the management API that takes a moment, and the path of it.
ASKED: dict[str, tuple[str, Ask]] = {
    "a rollout": (
        "starts_at",
        lambda program, at: program.post(
            f"{SHOP}/flags/checkout/environments/development/rollouts/",
            {"variant": "on", "preset": "canary", "starts_at": at},
        ),
    ),
    "a key": (
        "expires_at",
        lambda program, at: program.post(
            f"{ACME}/keys/",
            {"kind": "server", "name": "k", "project": "shop", "environment": "development", "expires_at": at},
        ),
    ),
    "deliveries again": (
        "since",
        lambda program, at: program.post(
            f"{program.post(f'{ACME}/webhooks/', {'name': 'CI', 'url': 'https://ci.example.com/'})['Location']}/replay",
            {"since": at},
        ),
    ),
    "the audit log": ("since", lambda program, at: program.get(f"{ACME}/audit/", since=at)),
    "its export": ("until", lambda program, at: program.get(f"{ACME}/audit/export", until=at)),
    "telemetry": ("to", lambda program, at: program.get(f"{DEVELOPMENT}/telemetry", to=at)),
    "the playground": ("now", lambda program, at: program.post(f"{SHOP}/playground", {"contexts": [{}], "now": at})),
}


def test_a_moment_is_named_with_its_offset() -> None:
    assert read_moment("now", "2026-11-27T12:00:00+02:00") == datetime(2026, 11, 27, 10, tzinfo=UTC)
    assert moment_named("9999-12-31T23:59:59.999999Z") == LAST
    for text in ("", "tomorrow", "2026-11-27", "2026-11-27T10:00:00", "2026-13-27T10:00:00Z", *ENDS):
        with pytest.raises(Invalid, match="with its offset"):
            read_moment("now", text)


def test_the_day_after_the_last_begins_at_its_end() -> None:
    assert midnight(date(2026, 11, 27), days=1) == datetime(2026, 11, 28, tzinfo=UTC)
    assert midnight(date.max, days=1) == LAST


@pytest.mark.django_db
@pytest.mark.usefixtures("checkout")
@pytest.mark.parametrize("what", ASKED)
def test_every_address_refuses_a_moment_beyond_the_calendar(program: Caller, what: str) -> None:
    path, ask = ASKED[what]

    for at in ENDS:
        assert paths_of(problem_of(ask(program, at), 400)) == [path]


@pytest.mark.django_db
def test_a_key_that_works_until_the_end_of_the_calendar_is_rotated(program: Caller, checkout: Any) -> None:
    body = {"kind": "server", "name": "k", "project": "shop", "environment": "development"}
    made = program.post(f"{ACME}/keys/", body | {"expires_at": "9999-12-31T23:59:59Z"})

    rotated = program.post(f"{made['Location']}/rotate", {"overlap_seconds": 60})

    assert rotated.status_code == 201, rotated.content
    assert rotated.json()["expires_at"].startswith("9999-12-31T23:59:59")


@pytest.mark.django_db
def test_pages_take_the_ends_of_the_calendar(browser: Browser, ada: Any, checkout: Any) -> None:
    client = browser(ada)

    assert client.get("/organizations/acme/audit/", {"since": "0001-01-01", "until": "9999-12-31"}).status_code == 200
    history = "/organizations/acme/projects/shop/flags/checkout/history/"
    assert [client.get(history, {"before": at}).status_code for at in ENDS] == [200, 200]
