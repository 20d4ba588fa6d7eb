"""A flag in all environments at once: one column each, to read and to switch."""

from collections.abc import Callable
from typing import Any

import pytest

from flags import selectors, services
from flags.models import Flag, FlagConfig
from tenants.actors import Actor
from tenants.models import Environment, User
from tests.conftest import Browser
from tests.flags.dashboard.conftest import SHOP
from tests.flags.dashboard.sent import fields_on, form_on

pytestmark = pytest.mark.django_db
HERE = f"{SHOP}/flags/checkout/environments/"
BETA = {
    "id": "r1",
    "name": "Beta",
    "if": {"attribute": "country", "op": "in", "values": ["IN"]},
    "serve": {"variant": "on"},
}


@pytest.fixture
def page(browser: Browser, bob: User, checkout: Flag, development: Environment, production: Environment) -> Any:
    """Bob's browser; he may not change production, which is protected."""
    return browser(bob)


def column(answer: Any, key: str) -> Any:
    return next(each for each in answer.context["columns"] if each.config.environment.key == key)


def test_every_environment_says_in_words_what_the_flag_does(
    page: Any, checkout: Flag, configured: Callable[..., FlagConfig]
) -> None:
    configured(checkout, rules=[BETA], targets=[{"variant": "off", "values": ["user-7"]}])

    answer = page.get(HERE)

    said = {part.title: list(part.lines) for part in column(answer, "development").parts}
    assert said == {
        "Individual targets": ["user-7 always gets off"],
        "Rule 1, Beta": ["if country is any of IN", "serves on"],
        "Everyone else": ["serves on"],
        "When off": ["serves off"],
    }
    assert [each.config.environment.key for each in answer.context["columns"]] == ["development", "production"]


def test_a_switch_acts_and_leads_back_with_undo(page: Any, checkout: Flag, development: Environment) -> None:
    answer = page.get(HERE)
    button = next(each for each in form_on(answer).buttons if "/development/toggle/" in each.get("formaction", ""))

    done = page.post(button["formaction"], fields_on(answer) | {button["name"]: button["value"]}, follow=True)
    undo = next(each for each in form_on(done).buttons if "confirmed=" in each.get("formaction", ""))
    is_on = selectors.state_of(checkout, development).enabled
    page.post(undo["formaction"], fields_on(done) | {undo["name"]: undo["value"]})

    assert done.redirect_chain == [(HERE, 302)]
    assert is_on
    assert not selectors.state_of(checkout, development).enabled


def test_a_switch_that_one_may_not_use_is_pale_and_says_why(page: Any) -> None:
    answer = page.get(HERE)

    assert "takes the role admin" in column(answer, "production").reason
    assert column(answer, "development").reason == ""
    assert b"disabled title=" in answer.content


def test_an_archived_flag_is_switched_nowhere(page: Any, checkout: Flag, system: Actor) -> None:
    services.archive_flag(checkout, actor=system)

    assert column(page.get(HERE), "development").reason == "Archived flags are not evaluated: unarchive it first."
