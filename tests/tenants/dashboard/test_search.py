"""Anything is found by its name, by whoever may see it, and by nobody else."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from flags.services import archive_flag, create_flag, create_segment
from tenants import services
from tenants.actors import Actor
from tenants.models import Environment, Organization, Project, User
from tenants.roles import Role
from tests.conftest import Browser, FilledTo
from tests.tenants.dashboard.conftest import QueryCount

pytestmark = pytest.mark.django_db
Found = list[tuple[str, str]]
Search = Callable[..., Found]
HERE = {"organization": "acme", "project": "shop"}
PALETTE = {"HX-Request": "true"}


def address(text: str, **query: str) -> str:
    return "/search/?" + urlencode({"q": text, **query})


@pytest.fixture
def search(browser: Browser) -> Search:
    """What somebody finds, as pairs of kind and title; asked in the shop, where no other place is given."""

    def ask(user: User, text: str, **query: str) -> Found:
        answer = browser(user).get(address(text, **(query or HERE)), headers=PALETTE)
        assert answer.status_code == 200
        return [(kind, found.title) for kind, group in answer.context["groups"].items() for found in group]

    return ask


@pytest.fixture
def filled(shop: Project, development: Environment, production: Environment, system: Actor) -> Project:
    """Acme's shop with one of everything, each called checkout."""
    for key in ("checkout", "new-checkout"):
        create_flag(shop, {"key": key, "name": key.replace("-", " ").capitalize()}, actor=system)
    create_segment(shop, {"key": "checkout-staff", "name": "Who checks out checkout"}, actor=system)
    services.create_api_key(kind="server", scope=production, name="Checkout servers", actor=system)
    services.create_webhook(scope=shop, name="Checkout chat", url="https://chat.example.com/", actor=system)
    services.create_project(shop.organization, key="checkout-app", name="Checkout app", actor=system)
    services.create_environment(shop, key="checkout-lab", name="Checkout lab", actor=system)
    return shop


def test_one_word_finds_things_of_every_kind(search: Search, filled: Project, alice: User) -> None:
    found = search(alice, "CHECKOUT")

    assert found[:2] == [("Flags", "Checkout"), ("Flags", "New checkout")]
    assert {kind for kind, _ in found} == {
        *("Flags", "Actions", "Segments", "Projects", "Environments", "Keys", "Webhooks"),
    }


def test_people_are_found_by_name_and_address(search: Search, filled: Project, alice: User, bob: User) -> None:
    assert ("Members", "Bob") in search(alice, "bob@exa")
    assert ("Members", "Bob") in search(alice, "bob")


def test_a_command_leads_to_the_question_before_a_kill(browser: Browser, filled: Project, alice: User) -> None:
    client = browser(alice)
    answer = client.get(address("kill new-checkout prod", **HERE), headers=PALETTE)

    (found,) = answer.context["groups"]["Commands"]
    assert found.title == "Kill new-checkout in production"
    assert "Kill new-checkout in production" in client.get(found.address).content.decode()


def test_whoever_may_not_kill_is_not_offered_to(search: Search, filled: Project, vera: User, bob: User) -> None:
    assert search(vera, "kill new-checkout") == [("Flags", "New checkout")]
    # Production is protected.
    assert ("Commands", "Kill new-checkout in production") not in search(bob, "kill new-checkout")
    assert ("Commands", "Kill new-checkout in development") in search(bob, "kill new-checkout")


def test_a_viewer_finds_no_keys_webhooks_and_ways_to_make_things(search: Search, filled: Project, vera: User) -> None:
    found = search(vera, "checkout")

    assert {"Keys", "Webhooks"}.isdisjoint(kind for kind, _ in found)
    assert search(vera, "new flag") == []


def test_an_outsider_finds_nothing_of_acme(
    browser: Browser, search: Search, filled: Project, charlie: User, globex: Organization
) -> None:
    assert search(charlie, "checkout", organization="globex") == []
    assert [kind for kind, _ in search(charlie, "checkout", organization="")] == []
    assert browser(charlie).get(address("checkout", **HERE)).status_code == 404
    assert browser(charlie).get(address("checkout", organization="acme")).status_code == 404


def test_a_role_on_one_project_finds_nothing_of_another(
    search: Search, filled: Project, acme: Organization, charlie: User, system: Actor
) -> None:
    other = services.create_project(acme, key="bank", name="Bank", actor=system)
    create_flag(other, {"key": "checkout-of-the-bank"}, actor=system)
    services.add_member(acme, user=charlie, role=Role.VIEWER, scope=filled, actor=system)

    titles = [title for _, title in search(charlie, "checkout", organization="acme")]

    assert "Checkout" in titles
    assert "checkout-of-the-bank" not in titles
    assert "Checkout app" not in titles


def test_what_is_in_the_project_comes_first_and_exact_beginnings_before_the_rest(
    search: Search, filled: Project, acme: Organization, alice: User, system: Actor
) -> None:
    other = services.create_project(acme, key="bank", name="Bank", actor=system)
    create_flag(other, {"key": "checkout-bank", "name": "Of the bank"}, actor=system)

    flags = [title for kind, title in search(alice, "checkout") if kind == "Flags"]

    assert flags == ["Checkout", "New checkout", "Of the bank"]


def test_archived_flags_are_found_and_cannot_be_killed(
    browser: Browser, filled: Project, alice: User, system: Actor
) -> None:
    archive_flag(filled.flags.get(key="checkout"), actor=system)

    answer = browser(alice).get(address("kill checkout", **HERE), headers=PALETTE)

    assert [(one.key, one.place) for one in answer.context["groups"]["Flags"]] == [
        ("checkout", "Shop, archived"),
        ("new-checkout", "Shop"),
    ]
    assert all("new-checkout" in one.title for one in answer.context["groups"]["Commands"])


def test_pages_have_second_names_and_actions_their_verbs(search: Search, filled: Project, alice: User) -> None:
    assert ("Actions", "Dark theme") in search(alice, "night")
    assert ("Pages", "Telemetry") in search(alice, "analytics")
    assert ("Actions", "New flag") in search(alice, "create flag")


def test_every_page_that_is_offered_is_there(browser: Browser, filled: Project, alice: User) -> None:
    client = browser(alice)
    answer = client.get(address("e", **HERE))
    offered = [*answer.context["groups"]["Pages"], *answer.context["groups"]["Actions"]]

    answers = {one.address: client.get(one.address, follow=True).status_code for one in offered if one.address}

    assert len(answers) > 40
    assert set(answers.values()) == {200}, answers


@pytest.mark.parametrize("text", ["", "%", "_", "\0", "no such thing", "'; drop table", "x" * 1000, "kill", "kill "])
def test_whatever_is_typed_is_answered(browser: Browser, filled: Project, alice: User, text: str) -> None:
    for headers in (PALETTE, {}):
        assert browser(alice).get(address(text, **HERE), headers=headers).status_code == 200


def test_what_is_found_is_written_as_text(browser: Browser, filled: Project, alice: User, system: Actor) -> None:
    create_flag(filled, {"key": "sneaky", "name": "<script>alert(1)</script>"}, actor=system)

    page = browser(alice).get(address("script", **HERE)).content.decode()

    assert "&lt;<b>script</b>&gt;alert(1)&lt;/<b>script</b>&gt;" in page
    assert "<script>alert" not in page


def test_a_stranger_signs_in_first(client: Client) -> None:
    assert client.get(address("checkout")).status_code == 302


@pytest.mark.parametrize("text", ["flag", "kill flag-0004 prod", ""])
def test_five_thousand_flags_take_as_many_questions_as_one(
    query_count: QueryCount, browser: Browser, filled: Project, filled_to: FilledTo, alice: User, text: str
) -> None:
    client: Any = browser(alice)
    before = query_count(client, address(text, **HERE))

    filled_to(5_000)

    assert query_count(client, address(text, **HERE)) == before < 15
