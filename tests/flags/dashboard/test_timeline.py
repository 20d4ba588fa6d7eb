"""All that was done to a flag on one page, and each version on one of its own."""

from collections.abc import Callable
from typing import Any

import pytest

from flags import documents, selectors, services
from flags.dashboard import timeline
from flags.models import Flag, FlagConfig
from tenants.actors import Actor
from tenants.models import Environment, Organization, User
from tenants.roles import Role
from tenants.services import add_member
from tests.conftest import Browser
from tests.flags.dashboard.conftest import SHOP
from tests.flags.dashboard.sent import form_on

pytestmark = pytest.mark.django_db
HERE = f"{SHOP}/flags/checkout/history/"
VERSIONS = f"{SHOP}/flags/checkout/environments/development/versions/"


@pytest.fixture
def page(browser: Browser, bob: User, checkout: Flag) -> Any:
    """Bob's browser."""
    return browser(bob)


@pytest.fixture
def busy(
    checkout: Flag,
    configured: Callable[..., FlagConfig],
    development: Environment,
    production: Environment,
    as_alice: Actor,
    as_bob: Actor,
) -> None:
    """Rules by the system, a switch by Alice in production, settings by Bob, a kill by Alice in development."""
    configured(checkout, development, off="on")
    services.put_config(checkout, development, {"enabled": True, "off": None}, actor=as_bob, comment="No default")
    services.toggle_flag(checkout, production, enabled=True, actor=as_alice, comment="Go")
    services.edit_flag(checkout, {"name": "Checkout 2"}, actor=as_bob, comment="A better name")
    services.kill_flag(checkout, development, actor=as_alice, comment="It burns")


def said(answer: Any) -> list[tuple[str, int]]:
    """Where, and which version, in the order of the page."""
    return [
        (entry.environment.key if entry.environment else "settings", entry.version)
        for entry in answer.context["entries"]
    ]


def test_states_and_settings_stand_together_the_newest_first(page: Any, busy: None) -> None:
    answer = page.get(HERE)

    assert said(answer) == [
        ("development", 4),
        ("settings", 2),
        ("production", 2),
        ("production", 1),
        ("development", 3),
        ("development", 2),
        ("development", 1),
        ("settings", 1),
    ]
    shown = answer.content.decode()
    assert "“It burns”" in shown
    assert "Checkout 2" in shown
    assert f"{VERSIONS}3/" in shown


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("environment=production", [("production", 2), ("production", 1)]),
        ("kind=settings", [("settings", 2), ("settings", 1)]),
        ("kind=switch", [("development", 4), ("production", 2), ("development", 2)]),
        ("kind=rules", [("development", 3)]),
        ("who=Bob", [("settings", 2), ("development", 3)]),
        ("who=Alice&environment=development", [("development", 4)]),
        ("environment=nowhere", []),
        ("kind=anything", []),
    ],
)
def test_it_is_narrowed_by_environment_person_and_kind(
    page: Any, busy: None, query: str, found: list[tuple[str, int]]
) -> None:
    assert said(page.get(f"{HERE}?{query}")) == found


def test_older_entries_follow_on_pages_of_their_own(page: Any, busy: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "PER_PAGE", 3)

    first = page.get(HERE)
    second = page.get(f"{HERE}?{first.context['older']}")
    third = page.get(f"{HERE}?{second.context['older']}")

    assert [*said(first), *said(second), *said(third)] == said(page.get(HERE))[:3] + said(second) + said(third)
    assert len({*said(first), *said(second), *said(third)}) == 8
    assert third.context["older"] == ""


@pytest.mark.parametrize("before", ["x", "2026-13-45", "2026-11-21T10:00:00"])
def test_a_moment_that_is_none_is_the_beginning(page: Any, busy: None, before: str) -> None:
    assert len(said(page.get(f"{HERE}?before={before}"))) == 8


def test_nobody_learns_of_an_environment_that_they_do_not_see(
    browser: Browser, acme: Organization, charlie: User, busy: None, development: Environment, system: Actor
) -> None:
    add_member(acme, user=charlie, role=Role.VIEWER, scope=development, actor=system)

    answer = browser(charlie).get(HERE)

    assert {where for where, _ in said(answer)} == {"development", "settings"}
    assert said(browser(charlie).get(f"{HERE}?environment=production")) == []


def test_a_version_says_what_it_did_and_what_it_changed(page: Any, busy: None) -> None:
    answer = page.get(f"{VERSIONS}3/")

    assert [change.where for change in answer.context["changes"]] == ["When off"]
    assert {part.title for part in answer.context["parts"]} == {"Everyone else", "When off"}
    assert "“No default”" in answer.content.decode()


def test_a_version_is_rolled_back_to_from_its_page(
    page: Any, busy: None, checkout: Flag, development: Environment
) -> None:
    answer = page.get(f"{VERSIONS}2/")
    button = next(each for each in form_on(answer).buttons if each.get("name") == "to_version")

    done = page.post(button["formaction"], form_on(answer).fields | {button["name"]: button["value"]})

    assert [change.where for change in answer.context["back"].changes] == ["Switch", "When off"]
    assert done.status_code == 302
    assert documents.config_body(selectors.state_of(checkout, development))["off"] == "on"


def test_the_newest_version_cannot_be_rolled_back_to(page: Any, busy: None) -> None:
    assert all(each.get("name") != "to_version" for each in form_on(page.get(f"{VERSIONS}4/")).buttons)


def test_a_viewer_reads_a_version_and_is_told_why_no_more(browser: Browser, vera: User, busy: None) -> None:
    answer = browser(vera).get(f"{VERSIONS}2/")

    assert answer.status_code == 200
    assert b"Roll back to version" not in answer.content
    assert b"It takes the role" in answer.content or b"may not" in answer.content


def test_the_default_state_is_version_one_where_nobody_changed_it(page: Any, development: Environment) -> None:
    assert b"which nobody has changed yet" in page.get(f"{VERSIONS}1/").content


@pytest.mark.parametrize("number", [0, 9, 10**12])
def test_a_version_that_never_was_is_not_found(page: Any, busy: None, number: int) -> None:
    assert page.get(f"{VERSIONS}{number}/").status_code == 404


def test_who_saved_only_where_one_sees_nothing_is_not_offered(
    browser: Browser, acme: Organization, charlie: User, busy: None, development: Environment, system: Actor
) -> None:
    add_member(acme, user=charlie, role=Role.VIEWER, scope=development, actor=system)
    FlagConfig.history.filter(environment=development, updated_by_name="Alice").delete()

    offered = browser(charlie).get(HERE).context["filters"].fields["who"].widget.choices

    assert {name for name, _ in offered} == {"", "Bob", "test", "the system"}
