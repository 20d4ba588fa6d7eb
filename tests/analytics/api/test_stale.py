"""Stale flags by the management API: listed, looked at, kept, and the days that a project chooses."""

from collections.abc import Callable
from typing import Any

import pytest

from flags.models import Flag
from tenants.models import AuditEvent, Environment, Membership, Project, User
from tenants.permissions import grant
from tenants.roles import Role
from tests.analytics.stale.conftest import OldFlag, Told
from tests.analytics.stale.conftest import old_flag as old_flag
from tests.analytics.stale.conftest import told as told
from tests.conftest import Browser

pytestmark = pytest.mark.django_db

SHOP = "/api/v1/organizations/acme/projects/shop"
Ask = Callable[..., Any]


@pytest.fixture
def ask(browser: Browser) -> Ask:
    """`ask(bob, "put", "/stale-after", {"unused": 60})`"""

    def answer(user: User, method: str, address: str, body: Any = None) -> Any:
        return getattr(browser(user), method)(SHOP + address, body, content_type="application/json")

    return answer


def test_the_list_says_by_what_evidence(
    ask: Ask, vera: User, production: Environment, told: Told, old_flag: OldFlag
) -> None:
    old_flag("checkout", production, enabled=True)
    told(production)

    (document,) = ask(vera, "get", "/stale-flags/").json()["results"]

    assert (document["key"], document["is_stale"], document["sure"]) == ("checkout", True, 100)
    unused, settled, expired = document["evidence"]
    assert (unused["kind"], unused["days"], unused["limit"]) == ("unused", 30, 30)
    assert unused["environments"] == [
        {"environment": "production", "evaluations": 0, "variant": "on", "last_day": None}
    ]
    assert settled["says"] == "Everybody gets on wherever it matters, unchanged for 100 days."
    assert (expired["kind"], expired["days"], document["kept"], document["changes"]) == ("expired", 100, None, [])


def test_the_list_is_narrowed(ask: Ask, alice: User, production: Environment, told: Told, old_flag: OldFlag) -> None:
    mine = old_flag("mine", production, enabled=True)
    Flag.objects.filter(pk=mine.pk).update(owner=alice, kind="kill-switch")
    old_flag("asked", production, enabled=True)
    told(production, "asked")

    def keys(query: str) -> list[str]:
        return [each["key"] for each in ask(alice, "get", f"/stale-flags/?{query}").json()["results"]]

    assert keys("") == ["asked", "mine"]
    assert keys("evidence=unused") == ["mine"]
    assert keys("kind=release") == ["asked"]
    assert keys(f"owner={alice.email}") == ["mine"]
    assert ask(alice, "get", "/stale-flags/?evidence=old").status_code == 400


def test_an_environment_that_one_may_not_see_is_not_named(
    ask: Ask,
    a_user: Callable[[str], User],
    development: Environment,
    production: Environment,
    told: Told,
    old_flag: OldFlag,
) -> None:
    dora = a_user("Dora")
    Membership.objects.create(organization=development.organization, user=dora)
    grant(dora, Role.MEMBER, development)
    old_flag("checkout", production, enabled=True)
    told(production, "checkout")

    answer = ask(dora, "get", "/flags/checkout/staleness")

    assert (answer.status_code, answer.json()["sure"]) == (200, 90)
    assert "production" not in answer.content.decode()


def test_keep_and_take_it_back(ask: Ask, bob: User, production: Environment, old_flag: OldFlag) -> None:
    old_flag("checkout", production)

    kept = ask(bob, "put", "/flags/checkout/keep", {"reason": "The law asks for it"}).json()

    assert (kept["is_stale"], kept["kept"]["reason"], kept["kept"]["by"]) == (False, "The law asks for it", "Bob")
    event = AuditEvent.objects.filter(verb="flag.edited").latest("position")
    assert (event.comment, event.actor_name) == ("The law asks for it", "Bob")
    assert ask(bob, "get", "/stale-flags/").json()["results"] == []

    assert ask(bob, "delete", "/flags/checkout/keep?comment=repealed").status_code == 204
    again = ask(bob, "get", "/flags/checkout/staleness").json()
    assert (again["is_stale"], again["kept"]) == (True, None)


def test_the_reason_is_that_of_the_last_time(ask: Ask, bob: User, old_flag: OldFlag) -> None:
    flag = old_flag("checkout")
    ask(bob, "put", "/flags/checkout/keep", {"reason": "first"})
    ask(bob, "delete", "/flags/checkout/keep")
    ask(bob, "put", "/flags/checkout/keep", {"reason": "second"})
    ask(bob, "patch", f"/flags/{flag.key}", {"name": "Another name", "comment": "named anew"})

    assert ask(bob, "get", "/flags/checkout/staleness").json()["kept"]["reason"] == "second"


@pytest.mark.parametrize("body", [{}, {"reason": " "}, {"reason": 7}, {"reason": "x", "comment": "y"}])
def test_a_flag_is_not_kept_without_a_reason(ask: Ask, bob: User, old_flag: OldFlag, body: Any) -> None:
    old_flag("checkout")

    assert ask(bob, "put", "/flags/checkout/keep", body).status_code == 400
    assert not Flag.objects.get().is_permanent


def test_viewer_keeps_nothing(ask: Ask, vera: User, old_flag: OldFlag) -> None:
    old_flag("checkout")

    assert ask(vera, "put", "/flags/checkout/keep", {"reason": "mine"}).status_code == 403
    assert ask(vera, "delete", "/flags/checkout/keep").status_code == 403
    assert not Flag.objects.get().is_permanent


def test_the_days_of_a_project(ask: Ask, ada: User, shop: Project) -> None:
    usual = ask(ada, "get", "/stale-after").json()

    chosen = ask(ada, "put", "/stale-after", {"unused": 60, "operational": 0}).json()

    assert usual == {
        "unused": 30, "unvarying": 30, "settled": 30,
        "release": 40, "experiment": 40, "operational": 7, "kill-switch": 0, "permission": 0,
    }  # fmt: skip
    assert chosen == usual | {"unused": 60, "operational": 0}
    assert ask(ada, "put", "/stale-after", {}).json() == usual


@pytest.mark.parametrize("body", [{"unused": -1}, {"unused": 366}, {"unused": True}, {"unused": "30"}, {"old": 1}])
def test_days_that_are_none_are_refused(ask: Ask, ada: User, shop: Project, body: Any) -> None:
    assert ask(ada, "put", "/stale-after", body).status_code == 400
    assert Project.objects.get().stale_after == {}


def test_member_does_not_set_the_days(ask: Ask, bob: User, shop: Project) -> None:
    assert ask(bob, "put", "/stale-after", {"unused": 60}).status_code == 403
    assert Project.objects.get().stale_after == {}


def test_the_days_are_rolled_back_with_their_project(ask: Ask, ada: User, shop: Project) -> None:
    ask(ada, "put", "/stale-after", {"unused": 60})

    assert ask(ada, "post", "/roll-back", {"to_version": 1}).status_code == 200

    assert Project.objects.get().stale_after == {}
