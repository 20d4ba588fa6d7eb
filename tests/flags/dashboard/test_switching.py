"""Switches of the list: on and off where they stand, with a question in a protected environment."""

from collections.abc import Callable
from typing import Any

import pytest

from flags import selectors, services
from flags.models import Flag, FlagConfig
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, User
from tests.conftest import Browser
from tests.flags.dashboard.conftest import LIST, switch_of

Configure = Callable[..., FlagConfig]
ON = {"enabled": "yes"}


def is_on(flag: Flag, environment: Environment) -> bool:
    return selectors.state_of(flag, environment).enabled


def test_a_switch_by_script_answers_with_its_row_and_the_way_back(
    browser: Browser, bob: User, checkout: Flag, development: Environment, htmx: dict[str, str]
) -> None:
    answer = browser(bob).post(switch_of("checkout", "development"), ON, headers=htmx)

    page = answer.content.decode()
    assert is_on(checkout, development)
    assert page.count("<tr") == 1
    assert 'data-stamp="1-2"' in page
    assert "<b>checkout</b> is on in <b>Development</b>." in page
    assert 'name="enabled" value="" data-undo="checkout"' in page


def test_a_switch_without_script_leads_back_to_the_filtered_list(
    browser: Browser, bob: User, checkout: Flag, development: Environment
) -> None:
    came_from = f"http://testserver{LIST}?search=check"

    answer = browser(bob).post(switch_of("checkout", "development"), ON, headers={"Referer": came_from})
    assert (answer.status_code, answer["Location"]) == (302, f"{LIST}?search=check")


@pytest.mark.parametrize("came_from", ["https://evil.example/flags/", "http://testserver//evil.example/flags/"])
def test_a_switch_leads_nowhere_else(
    came_from: str, browser: Browser, bob: User, checkout: Flag, development: Environment
) -> None:
    answer = browser(bob).post(switch_of("checkout", "development"), ON, headers={"Referer": came_from})

    assert answer["Location"] == LIST
    assert is_on(checkout, development)


def test_what_is_so_already_is_said_and_not_written(
    browser: Browser, bob: User, checkout: Flag, configured: Configure, htmx: dict[str, str]
) -> None:
    configured(checkout)
    before = AuditEvent.objects.count()

    answer = browser(bob).post(switch_of("checkout", "development"), ON, headers=htmx)

    assert "checkout is on in Development already." in answer.content.decode()
    assert AuditEvent.objects.count() == before


def test_a_protected_environment_asks_by_its_name(
    browser: Browser, ada: User, checkout: Flag, production: Environment, htmx: dict[str, str]
) -> None:
    page = browser(ada).post(switch_of("checkout", "production"), ON)
    dialog = browser(ada).post(switch_of("checkout", "production"), ON, headers=htmx)

    assert not is_on(checkout, production)
    assert "Turn checkout on in Production?" in page.content.decode()
    assert "<html" in page.content.decode()
    assert dialog["HX-Retarget"] == "#asking"
    assert dialog.content.decode().startswith("<dialog")


def test_a_yes_names_the_environment_and_may_say_why(
    browser: Browser, ada: User, checkout: Flag, production: Environment, development: Environment
) -> None:
    browser(ada).post(switch_of("checkout", "production"), ON | {"confirmed": "development"})
    assert not is_on(checkout, production)

    browser(ada).post(switch_of("checkout", "production"), ON | {"confirmed": "production", "comment": "go"})

    assert is_on(checkout, production)
    assert AuditEvent.objects.get(verb="flag.toggled").comment == "go"


def test_member_cannot_switch_in_a_protected_environment(
    browser: Browser, bob: User, checkout: Flag, production: Environment, htmx: dict[str, str]
) -> None:
    asked = browser(bob).post(switch_of("checkout", "production"), ON, headers=htmx)
    confirmed = browser(bob).post(switch_of("checkout", "production"), ON | {"confirmed": "production"}, headers=htmx)

    assert (asked.status_code, confirmed.status_code) == (403, 403)
    assert confirmed["HX-Reswap"] == "none"
    assert "may not do" in confirmed.content.decode()
    assert not is_on(checkout, production)


def test_viewer_cannot_switch(browser: Browser, vera: User, checkout: Flag, development: Environment) -> None:
    answer = browser(vera).post(switch_of("checkout", "development"), ON)

    assert answer.status_code == 403
    assert not is_on(checkout, development)


def test_outsider_and_stranger_switch_nothing(
    browser: Browser, client: Any, charlie: User, globex: object, checkout: Flag, development: Environment
) -> None:
    outsider = browser(charlie).post(switch_of("checkout", "development"), ON)
    stranger = client.post(switch_of("checkout", "development"), ON)

    assert (outsider.status_code, stranger.status_code) == (404, 302)
    assert "/accounts/login/" in stranger["Location"]
    assert not is_on(checkout, development)


def test_an_archived_flag_says_why_it_is_not_switched(
    browser: Browser, bob: User, checkout: Flag, development: Environment, system: Actor, htmx: dict[str, str]
) -> None:
    services.archive_flag(checkout, actor=system)

    answer = browser(bob).post(switch_of("checkout", "development"), ON, headers=htmx)

    assert answer.status_code == 409
    assert "checkout is archived; unarchive it first." in answer.content.decode()


def test_only_a_post_switches(browser: Browser, bob: User, checkout: Flag, development: Environment) -> None:
    assert browser(bob).get(switch_of("checkout", "development")).status_code == 405
