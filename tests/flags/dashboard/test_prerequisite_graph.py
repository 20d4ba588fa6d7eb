"""The prerequisites around a flag, drawn: what it waits for on the left, what waits for it on the right."""

from collections.abc import Callable
from typing import Any

import pytest

from flags import services
from flags.dashboard import graph
from flags.dashboard.graph import graph_of
from flags.models import Flag, FlagConfig
from tenants.actors import Actor
from tenants.models import Environment, Project, User
from tests.conftest import Browser
from tests.flags.dashboard.conftest import SHOP

pytestmark = pytest.mark.django_db
Asking = Callable[..., FlagConfig]


@pytest.fixture
def asking(configured: Callable[..., FlagConfig]) -> Asking:
    """`asking(flag, "payments")`: the flag waits for these in development."""

    def put(flag: Flag, *keys: str) -> FlagConfig:
        return configured(flag, prerequisites={"all": [{"flag": key, "variants": ["on"]} for key in keys]})

    return put


@pytest.fixture
def deep(shop: Project, system: Actor) -> None:
    services.set_prerequisite_depth(shop, 5, actor=system)


def columns(drawn: Any) -> list[list[str]]:
    by_place: dict[int, list[str]] = {}
    for node in drawn.nodes:
        by_place.setdefault(node.x, []).append(node.label)
    return [by_place[x] for x in sorted(by_place)]


def test_a_flag_that_stands_alone_has_no_graph(checkout: Flag, development: Environment) -> None:
    assert graph_of(checkout, development) is None


def test_both_directions_are_drawn_step_by_step(
    deep: None, checkout: Flag, a_flag: Callable[..., Flag], asking: Asking, development: Environment
) -> None:
    a_flag("bank")
    asking(a_flag("payments"), "bank")
    asking(checkout, "payments")
    asking(a_flag("express"), "checkout")

    drawn = graph_of(checkout, development)

    assert drawn is not None
    assert columns(drawn) == [["bank"], ["payments"], ["checkout"], ["express"]]
    assert len(drawn.edges) == 3
    assert [node.key for node in drawn.nodes if node.is_here] == ["checkout"]


def test_each_flag_has_the_word_of_its_switch(
    checkout: Flag, a_flag: Callable[..., Flag], asking: Asking, development: Environment, system: Actor
) -> None:
    services.toggle_flag(a_flag("payments"), development, enabled=True, actor=system)
    services.kill_flag(Flag.objects.get(key="payments"), development, actor=system)
    a_flag("bank")
    asking(checkout, "payments", "bank")

    drawn = graph_of(checkout, development)

    assert drawn is not None
    assert {node.key: node.state for node in drawn.nodes} == {"payments": "killed", "bank": "off", "checkout": "on"}


def test_of_many_some_are_drawn_and_the_rest_is_counted(
    checkout: Flag, a_flag: Callable[..., Flag], asking: Asking, development: Environment
) -> None:
    for number in range(graph.TALLEST + 2):
        asking(a_flag(f"child-{number}"), "checkout")

    drawn = graph_of(checkout, development)

    assert drawn is not None
    assert columns(drawn)[1][-1] == "and 2 more"
    assert len(columns(drawn)[1]) == graph.TALLEST + 1


def test_the_page_leads_from_flag_to_flag(
    browser: Browser, bob: User, checkout: Flag, a_flag: Callable[..., Flag], asking: Asking
) -> None:
    a_flag("payments")
    asking(checkout, "payments")
    client, here = browser(bob), f"{SHOP}/flags/checkout/environments/development/"

    drawn = client.get(f"{here}graph/").content.decode()

    assert f'href="{SHOP}/flags/payments/environments/development/"' in drawn
    assert f"{here}graph/" in client.get(here).content.decode()
    assert client.get(f"{SHOP}/flags/payments/environments/development/graph/").content.decode().count("<a ") == 2
