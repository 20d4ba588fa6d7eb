"""What was told stands on pages: of a flag, of an environment, and on the page of the flag itself."""

import re
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import connection
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

SHOP = "/organizations/acme/projects/shop"
HERE = f"{SHOP}/environments/development/telemetry/"
CHECKOUT = f"{SHOP}/flags/checkout/environments/development/"
ITS = f"{CHECKOUT}telemetry/"
Read = Callable[..., str]


class Words(HTMLParser):
    """What somebody reads who hears the page, labels of plots among it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.said += [value or "" for name, value in attributes if name == "aria-label"]

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    def __str__(self) -> str:
        return " ".join(" ".join(self.said).split())


@pytest.fixture
def read(browser: Browser, alice: User) -> Read:
    client = browser(alice)

    def words(address: str, **headers: str) -> str:
        answer: Any = client.get(address, headers=headers)
        assert answer.status_code == 200
        return str(Words(answer.content.decode()))

    return words


def test_a_flag_over_time_by_variant_and_by_reason(tell: Tell, read: Read, a_flag: MakeFlag) -> None:
    a_flag("checkout")
    tell(counts=counts(900) + counts(100, variant="off", reason="STATIC") + counts(5, flag="banner"))

    page = read(ITS)

    assert "Evaluations by variant: 1,000 evaluations. on 900, 90.0 %. off 100, 10.0 %." in page
    assert "Evaluations by reason: 1,000 evaluations. SPLIT 900, 90.0 %. STATIC 100, 10.0 %." in page
    assert "From (UTC) on off All" in page
    assert "900 100 1,000" in page


def test_the_table_beneath_a_plot_is_what_a_script_draws(
    tell: Tell, browser: Browser, alice: User, a_flag: MakeFlag
) -> None:
    a_flag("checkout")
    tell(counts=counts(900) + counts(100, variant="off", reason="STATIC"))

    page = browser(alice).get(ITS).content.decode()

    begun = timezone.now().replace(minute=0, second=0, microsecond=0)
    assert '<th scope="col" data-series="v1">on</th><th scope="col" data-series="vf">off</th>' in page
    assert f'<tr data-at="{begun.timestamp():.0f}">' in page
    assert '<td data-value="900">900</td><td data-value="100">100</td><td>1,000</td>' in page
    assert 'data-chart="bars" data-title="Evaluations by variant" data-top="1000" data-axis="0|500|1,000"' in page


def test_how_far_it_looks_back_is_chosen_by_a_link(tell: Tell, read: Read, a_flag: MakeFlag) -> None:
    a_flag("checkout")
    tell(counts=counts(7), ago=timedelta(days=5))

    assert "Not evaluated in this time" in read(ITS)
    assert "Not evaluated in this time" in read(f"{ITS}?range=hour")
    assert "Evaluations by variant: 7 evaluations" in read(f"{ITS}?range=week")
    assert "Evaluations by variant: 7 evaluations" in read(f"{ITS}?range=month")


def test_an_answer_without_a_variant_and_a_variant_that_is_no_more(tell: Tell, read: Read, a_flag: MakeFlag) -> None:
    a_flag("checkout")
    tell(counts=counts(3, variant="") + counts(1, variant="blue", reason="PARSE_ERROR"))

    page = read(ITS)

    assert "no variant 3, 75.0 %. blue 1, 25.0 %." in page
    assert "SPLIT 3, 75.0 %. PARSE_ERROR 1, 25.0 %." in page


@pytest.mark.parametrize(
    ("on", "said"),
    [
        (1, "Too few people for a test: 2 of the 10 that it takes"),
        (60, "The shares fit the split: chance alone makes a difference as large as this nearly always"),
        (90, "The shares do not fit the split. Chance alone does this once in 50,"),
    ],
)
def test_the_shares_of_a_split_are_judged_in_plain_words(
    on: int, said: str, tell: Tell, read: Read, a_flag: MakeFlag, development: Environment, as_alice: Actor
) -> None:
    fallthrough = {"split": {"weights": {"on": 50, "off": 50}}}
    put_config(a_flag("checkout"), development, {"enabled": True, "fallthrough": fallthrough}, actor=as_alice)
    people = [("on", number) for number in range(on)] + [("off", number) for number in range(max(1, 120 - on))]
    at = timezone.now().isoformat()
    told = [{"flag": "checkout", "variant": name, "subject": f"{name}{number}", "at": at} for name, number in people]
    tell(counts=counts(7) + counts(3, variant="off"), exposures=told[:2] if on == 1 else told)

    page = read(ITS)

    assert said.replace("50,", "") in page
    assert "on true 50.0 %" in page
    assert "7 70.0 % off false 50.0 %" in page


def test_a_split_that_changed_says_so_in_the_place_of_a_verdict(
    tell: Tell, read: Read, a_flag: MakeFlag, development: Environment, as_alice: Actor
) -> None:
    flag = a_flag("checkout")
    for share in (50, 40):
        fallthrough = {"split": {"weights": {"on": share, "off": 100 - share}}}
        put_config(flag, development, {"enabled": True, "fallthrough": fallthrough}, actor=as_alice)
    tell(counts=counts(7))

    page = read(ITS)

    assert "The split was changed on" in page
    assert "(version 3), within this time" in page
    assert "on true 40.0 %" in page


BY_COMPANY = {"by": "company", "weights": {"on": 50, "off": 50}}


@pytest.mark.parametrize(
    ("split", "said", "share"),
    [
        (
            {"weights": {"on": 10, "off": 90}},
            "The shares fit the split: .* 2 different splits are compared, .* of them together. Evaluations are",
            "on true 30.0 %",
        ),
        (
            BY_COMPANY,
            "The shares fit the split: .* 100 more met one by several rules, or by a split that is not compared",
            "on true 50.0 %",
        ),
    ],
)
def test_of_several_splits_it_is_said_which_are_compared(
    split: dict[str, Any],
    said: str,
    share: str,
    tell: Tell,
    read: Read,
    a_flag: MakeFlag,
    development: Environment,
    as_alice: Actor,
) -> None:
    rules = [{"id": "r1", "if": {"attribute": "country", "op": "in", "values": ["LV"]}, "serve": {"split": split}}]
    fallthrough = {"split": {"weights": {"on": 50, "off": 50}}}
    put_config(
        a_flag("checkout"), development, {"enabled": True, "rules": rules, "fallthrough": fallthrough}, actor=as_alice
    )
    at = timezone.now().isoformat()
    people = [("on", "r1")] * 10 + [("off", "r1")] * 90 + [("on", None)] * 50 + [("off", None)] * 50
    told = [
        {"flag": "checkout", "variant": name, "subject": str(place), "at": at} | ({"rule": rule} if rule else {})
        for place, (name, rule) in enumerate(people)
    ]
    tell(counts=counts(7), exposures=told)

    page = read(ITS)

    assert re.search(said, page)
    assert share in page


def test_of_several_splits_that_cannot_be_tested_it_is_said_why_and_what_can_be(
    tell: Tell, read: Read, a_flag: MakeFlag, development: Environment, as_alice: Actor
) -> None:
    rules = [
        {
            "id": "r1",
            "if": {"attribute": "country", "op": "in", "values": ["LV"]},
            "serve": {"split": BY_COMPANY | {"weights": {"on": 10, "off": 90}}},
        }
    ]
    put_config(
        a_flag("checkout"),
        development,
        {"enabled": True, "rules": rules, "fallthrough": {"split": BY_COMPANY}},
        actor=as_alice,
    )
    tell(counts=counts(7))

    page = read(ITS)

    assert (
        "2 different splits are in force here, and none of them can be tested: each serves one variant, splits by"
        in page
    )
    assert "A split of two variants by the targetingKey with a salt of its own can be." in page


@pytest.mark.parametrize("address", [HERE, ITS])
def test_where_nothing_was_told_the_page_says_how_to_tell(
    address: str, read: Read, a_flag: MakeFlag, development: Environment
) -> None:
    a_flag("checkout")

    page = read(address)

    assert "/api/v1/sdk/events -d" in page
    assert '"counts": [{"flag": "' in page


def test_the_page_of_the_flag_shows_it_beside_the_rules(tell: Tell, read: Read, a_flag: MakeFlag) -> None:
    a_flag("checkout")
    assert "How often it is evaluated here" in read(CHECKOUT)
    assert "No application evaluated checkout here in this time. Last: not in the last 30 days" in read(
        ITS, **{"HX-Request": "true"}
    )
    tell(counts=counts(40))

    part = read(ITS, **{"HX-Request": "true"})

    assert "40 evaluations. on 100.0 %." in part
    assert "Skip to content" not in part


def test_an_environment_as_a_whole(tell: Tell, read: Read, a_flag: MakeFlag) -> None:
    a_flag("checkout")
    sketch = Sketch()
    for nanoseconds in range(1_000, 101_000, 1_000):
        sketch.add(nanoseconds)
    tell(
        counts=counts(75) + counts(25, flag="gone/away", reason="FLAG_NOT_FOUND", variant=""),
        latency={"unit": "ns", "sketch": sketch.as_text()},
        cache={"fresh": 95, "miss": 5},
        unknown_flags={"gone/away": 25},
        breaker=[{"at": "2026-11-27T10:00:05Z", "to": "open"}],
    )

    page = read(HERE)

    assert "Evaluations by reason: 100 evaluations. SPLIT 75, 75.0 %. FLAG_NOT_FOUND 25, 25.0 %." in page
    assert "checkout 75 75.0 % gone/away no flag 25 25.0 %" in page
    assert "From the cache 95.0 %" in page
    assert "From the cache or not: 100 answers. fresh 95, 95.0 %. miss 5, 5.0 %." in page
    assert "What circuit breakers did: 1 turns. open 1, 100.0 %." in page
    assert "test 1.0 shop 1" in page
    assert "Asked for, and no flags Key How often gone/away 25 Who asks for them" in page
    assert "27 Nov 10:00:05 open shop/web-1" in page
    assert "Of 100 evaluations that were timed" in page
    (fast, slow) = (sketch.quantile(share) / 1000 for share in (0.5, 0.99))
    assert f"p50 {fast:.3g} µs" in page
    assert f"p99 {slow:.3g} µs" in page


def test_telemetry_leads_to_where_one_was_last(
    browser: Browser, alice: User, development: Environment, production: Environment, a_flag: MakeFlag
) -> None:
    a_flag("checkout")
    client = browser(alice)
    assert client.get(f"{SHOP}/telemetry/").url == HERE

    client.get(f"{SHOP}/flags/checkout/environments/production/")

    assert client.get(f"{SHOP}/telemetry/").url == f"{SHOP}/environments/production/telemetry/"


@pytest.mark.parametrize("address", [HERE, ITS, f"{SHOP}/telemetry/"])
def test_an_outsider_sees_nothing_of_it(
    address: str, browser: Browser, charlie: User, vera: User, tell: Tell, a_flag: MakeFlag
) -> None:
    a_flag("checkout")
    tell(counts=counts(7))

    assert browser(charlie).get(address).status_code == 404
    assert browser(vera).get(address, follow=True).status_code == 200


@pytest.mark.parametrize("address", [HERE, ITS])
def test_the_number_of_queries_does_not_grow(
    address: str, browser: Browser, alice: User, tell: Tell, a_flag: MakeFlag, filled_to: FilledTo
) -> None:
    client = browser(alice)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"{address}?range=month").status_code == 200
        return len(captured)

    a_flag("checkout")
    client.get(address)
    tell(counts=counts(7))
    few = queries()
    filled_to(30)
    for days in range(5):
        tell(counts=counts(1) + counts(2, flag="flag-0003"), ago=timedelta(days=days))

    assert queries() == few


def test_a_plot_has_neither_style_nor_script_in_it(browser: Browser, alice: User, tell: Tell, a_flag: MakeFlag) -> None:
    a_flag("checkout")
    tell(counts=counts(7), breaker=[{"at": timezone.now().isoformat(), "to": "open"}])

    for address in (HERE, ITS):
        page = browser(alice).get(address).content.decode()
        figure = page[page.index("<figure") : page.rindex("</figure>")]
        assert "<rect" in figure
        assert not {" style=", "<style", "<script", " onclick"} & {
            each for each in (" style=", "<style", "<script", " onclick") if each in figure
        }
