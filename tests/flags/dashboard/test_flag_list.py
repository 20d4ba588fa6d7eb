"""The list of flags: what it says of each, and what is found in it."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from flags import services
from flags.dashboard.rows import columns_of, rows_of
from flags.dashboard.summaries import line_of
from flags.models import Flag, FlagConfig
from flags.templatetags.flag_list import age
from tenants.actors import Actor
from tenants.models import Environment, Membership, Project, User
from tenants.permissions import grant
from tenants.roles import Role
from tests.conftest import Browser
from tests.flags.dashboard.conftest import LIST, SHOP

MakeFlag = Callable[..., Flag]
Configure = Callable[..., FlagConfig]
HALVES = {"split": {"weights": {"on": 50, "off": 50}}}
QUARTER = {"split": {"weights": {"on": 25, "off": 75}}}
RULE = {"id": "r1", "serve": {"variant": "on"}}


def keys_on(page: Any) -> list[str]:
    return re.findall(r'<tr data-flag="([^"]+)"', page.content.decode())


def test_a_row_says_what_is_served_in_each_environment(
    browser: Browser, bob: User, checkout: Flag, configured: Configure, production: Environment
) -> None:
    configured(checkout, rules=[RULE], fallthrough=QUARTER)

    page = browser(bob).get(LIST).content.decode()

    assert "1 rule, else 25 % on" in page
    assert "serves off" in page
    assert page.count('role="switch"') == 2


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ({}, "everyone"),
        ({"enabled": False}, "serves off"),
        ({"enabled": False, "off": None}, "code default"),
        ({"fallthrough": None}, "code default"),
        ({"fallthrough": {"variant": "off"}}, "serves off"),
        ({"fallthrough": QUARTER}, "25 % on"),
        ({"fallthrough": {"split": {"weights": {"on": 0.125, "off": 99.875}}}}, "0.125 % on"),
        ({"rules": [RULE, RULE | {"id": "r2"}], "fallthrough": {"variant": "off"}}, "2 rules, else off"),
    ],
)
def test_a_state_reads_as_one_line(body: dict[str, Any], line: str, checkout: Flag, configured: Configure) -> None:
    assert line_of(checkout, configured(checkout, **body), has_targets=False) == line


def test_splits_of_other_types_are_listed_or_counted(a_flag: MakeFlag, configured: Configure) -> None:
    flag = a_flag("color", type="string", variants={name: name for name in "abcd"})
    halves = configured(flag, fallthrough={"split": {"weights": {"a": 50, "b": 50}}})
    assert line_of(flag, halves, has_targets=True) == "targets, else 50 / 50"

    quarters = configured(flag, fallthrough={"split": {"weights": dict.fromkeys("abcd", 25)}}, rules=[])

    assert line_of(flag, quarters, has_targets=False) == "4 variants"


def test_targets_are_told_without_being_read(
    checkout: Flag, configured: Configure, development: Environment, as_bob: Actor
) -> None:
    configured(checkout, targets=[{"variant": "on", "values": ["u"]}], fallthrough={"variant": "off"})

    (row,) = rows_of([checkout], columns_of([development], as_bob), timezone.now())

    assert row.cells[0].line == "targets, else off"


def test_killed_is_a_word_of_its_own(
    browser: Browser, bob: User, checkout: Flag, configured: Configure, development: Environment, as_bob: Actor
) -> None:
    configured(checkout)
    services.kill_flag(checkout, development, actor=as_bob)

    page = browser(bob).get(LIST).content.decode()

    assert 'data-state="killed"' in page
    assert "Killed" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["banner", "checkout", "theme"]),
        ("search=BANN", ["banner"]),
        ("search=shop+front", ["theme"]),
        ("search=marketing", ["banner"]),
        ("search=%00", ["banner", "checkout", "theme"]),
        ("kind=experiment", ["banner"]),
        ("kind=nonsense", []),
        ("tag=marketing", ["banner"]),
        ("tag=market", []),
        ("state=development:on", ["checkout"]),
        ("state=development:off", ["banner", "theme"]),
        ("state=production:killed", ["theme"]),
        ("state=nowhere:on", []),
        ("sort=name", ["theme", "banner", "checkout"]),
        ("sort=changed", ["theme", "checkout", "banner"]),
        ("archived=yes", ["old"]),
        ("page=nonsense", ["banner", "checkout", "theme"]),
        ("keys=theme,old,unknown", ["old", "theme"]),
    ],
)
def test_what_was_asked_for_is_found(
    query: str,
    found: list[str],
    browser: Browser,
    bob: User,
    a_flag: MakeFlag,
    configured: Configure,
    production: Environment,
    system: Actor,
) -> None:
    a_flag("banner", kind="experiment", tags=["marketing"], name="Big banner")
    configured(a_flag("checkout", name="Checkout"))
    theme = a_flag("theme", name="A theme", description="Of the shop front")
    services.archive_flag(a_flag("old"), actor=system)
    configured(theme, production)
    services.kill_flag(theme, production, actor=system)

    assert keys_on(browser(bob).get(f"{LIST}?{query}")) == found


def test_flags_are_found_by_their_owner(browser: Browser, bob: User, a_flag: MakeFlag, checkout: Flag) -> None:
    a_flag("banner", owner=bob.email)

    page = browser(bob).get(f"{LIST}?owner={bob.pk}")

    assert keys_on(page) == ["banner"]
    assert f'<option value="{bob.pk}" selected>Bob</option>' in page.content.decode()


def test_twenty_five_flags_are_a_page_and_filters_stay_on_the_next(
    browser: Browser, bob: User, a_flag: MakeFlag
) -> None:
    for number in range(27):
        a_flag(f"flag-{number:02}")

    first = browser(bob).get(f"{LIST}?search=flag")
    second = browser(bob).get(f"{LIST}?search=flag&page=2")

    assert len(keys_on(first)) == 25
    assert 'href="?search=flag&amp;page=2"' in first.content.decode()
    assert keys_on(second) == ["flag-25", "flag-26"]
    assert "26 to 27 of 27" in second.content.decode()


def test_a_search_by_script_gets_the_table_and_its_shortest_address(
    browser: Browser, bob: User, checkout: Flag, htmx: dict[str, str]
) -> None:
    answer = browser(bob).get(f"{LIST}?search=check&kind=&tag=", headers=htmx)

    assert keys_on(answer) == ["checkout"]
    assert "<html" not in answer.content.decode()
    assert answer["HX-Replace-Url"] == f"{LIST}?search=check"


def test_no_flags_teach_what_a_flag_is(browser: Browser, bob: User, vera: User, shop: Project) -> None:
    member, viewer = (browser(user).get(LIST).content.decode() for user in (bob, vera))

    assert "No flags yet" in member
    assert "curl -X POST http://testserver/api/v1/organizations/acme/projects/shop/flags/" in member
    assert f'href="{SHOP}/new-flag/"' in member
    assert f'href="{SHOP}/new-flag/"' not in viewer
    assert "It takes the role member" in viewer


def test_nothing_found_offers_the_way_back(browser: Browser, bob: User, checkout: Flag) -> None:
    page = browser(bob).get(f"{LIST}?search=nothing").content.decode()

    assert "No flag like that" in page
    assert f'href="{LIST}">Clear search' in page


def test_viewer_sees_switches_locked_with_the_reason(
    browser: Browser, vera: User, checkout: Flag, development: Environment
) -> None:
    page = browser(vera).get(LIST).content.decode()

    assert 'aria-disabled="true" title="It takes the role member to switch flags."' in page
    assert "formaction" not in page


def test_member_sees_the_protected_switch_locked_with_its_name(
    browser: Browser, bob: User, checkout: Flag, production: Environment
) -> None:
    page = browser(bob).get(LIST).content.decode()

    assert 'title="Production is protected: it takes the role admin' in page


def test_who_holds_a_role_on_one_environment_sees_no_other_column(
    browser: Browser,
    acting: Any,
    a_user: Callable[[str], User],
    checkout: Flag,
    development: Environment,
    production: Environment,
) -> None:
    guest = a_user("Gus")
    Membership.objects.create(organization=checkout.organization, user=guest)
    grant(guest, Role.VIEWER, production)

    page = browser(guest).get(LIST).content.decode()

    assert "Production" in page
    assert "Development" not in page


def test_outsider_finds_no_list(browser: Browser, charlie: User, globex: object, checkout: Flag) -> None:
    assert browser(charlie).get(LIST).status_code == 404


def test_ages_read_briefly() -> None:
    now = timezone.now()
    ages = [age(now - timedelta(minutes=minutes), now) for minutes in (0, 4, 125, 3 * 24 * 60)]

    assert ages == ["now", "4 min", "2 h", "3 d"]
