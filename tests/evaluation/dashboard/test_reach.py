"""Whether everybody has what a flag was saved as last, as its page says it."""

from collections.abc import Callable
from typing import Any

import pytest

from flags import services
from flags.models import Flag
from tenants.actors import Actor
from tenants.models import Environment, User
from tests.conftest import Browser
from tests.evaluation.convergence.conftest import Say
from tests.evaluation.convergence.conftest import checkout as checkout
from tests.evaluation.convergence.conftest import say as say

pytestmark = pytest.mark.django_db(transaction=True)
HERE = "/organizations/acme/projects/shop/flags/checkout/environments/production/reach/"
BY_SCRIPT = {"HX-Request": "true"}


@pytest.fixture
def page(browser: Browser, alice: User) -> Any:
    return browser(alice)


@pytest.fixture
def killed(checkout: Flag, production: Environment, publish: Callable[[], int], system: Actor) -> None:
    """Version 2: the flag is killed."""
    services.kill_flag(checkout, production, actor=system)
    publish()


def line(page: Any) -> str:
    return " ".join(page.get(HERE, headers=BY_SCRIPT).content.decode().split())


def test_a_kill_is_effective_when_everybody_has_it(page: Any, killed: None, say: Say) -> None:
    say("edge-1", {2: 14}, holds=2)

    assert "Effective on 14 of 14" in line(page)
    assert 'data-state="effective"' in line(page)
    assert "every 2s" not in line(page)


def test_until_then_it_says_who_is_waited_for_and_asks_again(page: Any, killed: None, say: Say) -> None:
    say("edge-1", {1: 2, 2: 12}, holds=2)

    assert "Effective on 12 of 14</b>, waiting for edge-1" in line(page)
    assert "every 2s" in line(page)


def test_of_many_that_lag_some_are_named(page: Any, killed: None, say: Say) -> None:
    for number in range(5):
        say(f"edge-{number}", {1: 1}, holds=1)

    assert "edge-0, edge-1, edge-2 and 2 more" in line(page)


def test_what_is_not_published_yet_is_on_its_way(
    page: Any, checkout: Flag, production: Environment, system: Actor
) -> None:
    services.kill_flag(checkout, production, actor=system)

    assert "On its way to everybody" in line(page)


def test_with_nobody_connected_whoever_asks_gets_it(page: Any, killed: None) -> None:
    assert "nobody is connected" in line(page)


def test_without_a_script_it_is_a_page(page: Any, killed: None) -> None:
    answer = page.get(HERE)

    assert b"<h1>" in answer.content
    assert b"nobody is connected" in answer.content


def test_a_flag_that_is_not_there_is_not_found(page: Any, checkout: Flag) -> None:
    assert page.get(HERE.replace("checkout", "nowhere")).status_code == 404
