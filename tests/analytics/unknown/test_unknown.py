"""Keys that are no flags: counted, compared with the flags that there are and were, shown with care, hidden, and made."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from analytics import services as telemetry
from analytics.folding import fold, sum_up
from analytics.models import HiddenKey
from analytics.unknown import reading
from analytics.unknown import services as hiding
from evaluation.delivery.held import HeldKey
from evaluation.delivery.senders import Sender
from evaluation.wire.telemetry import read_batch
from flags import services as flag_services
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Membership, Project, User
from tenants.permissions import NotAllowed, grant
from tenants.problems import Conflict, Invalid
from tenants.roles import Role
from tests.analytics.batches import batch
from tests.conftest import Browser
from tests.evaluation.conftest import MakeFlag

pytestmark = pytest.mark.django_db

PAGE = "/organizations/acme/projects/shop/unknown-flags/"
API = f"/api/v1{PAGE}"
MADE_UP = "<script>alert(1)</script>"
Asking = Callable[..., None]


@pytest.fixture
def asked() -> Asking:
    """`asked(development, {"new-chekout": 4}, kind="client", ago=3)`: told by an application, folded and summed up."""
    numbers = itertools.count()

    def keep(environment: Environment, keys: dict[str, int], *, kind: str = "server", ago: int = 0) -> None:
        now = timezone.now()
        key = HeldKey("", "", kind, environment.organization_id, "", environment.id, "", None)
        at = (now - timedelta(days=ago)).isoformat()
        judged = read_batch(batch(f"b{next(numbers)}", at=at, unknown_flags=keys))
        telemetry.keep_batch(judged, Sender(key, environment.id, kind), environment.organization_id, now=now)
        fold(now=now)
        sum_up()

    return keep


@pytest.fixture
def bobs(browser: Browser, bob: User) -> Client:
    client: Client = browser(bob)
    return client


def listed(client: Client, query: str = "") -> dict[str, Any]:
    return {each["key"]: each for each in client.get(API + query).json()["results"]}


def test_how_often_where_since_when_and_by_whom(
    bobs: Client, development: Environment, production: Environment, a_flag: MakeFlag, asked: Asking
) -> None:
    a_flag("new-checkout")
    asked(development, {"new-chekout": 4, "rare": 1}, ago=3)
    asked(production, {"new-chekout": 2})

    found = listed(bobs)

    assert list(found) == ["new-chekout", "rare"]
    today = timezone.now().date()
    assert found["new-chekout"] == {
        "key": "new-chekout",
        "evaluations": 6,
        "environments": {"development": 4, "production": 2},
        "first_day": (today - timedelta(days=3)).isoformat(),
        "last_day": today.isoformat(),
        "key_kinds": {"server": 6},
        "sdks": {"test": 6},
        "may_be_made_up": False,
        "state": None,
        "nearest": "new-checkout",
    }


def test_what_client_keys_alone_asked_for_may_be_made_up(bobs: Client, development: Environment, asked: Asking) -> None:
    asked(development, {MADE_UP: 9, "both": 1}, kind="client")
    asked(development, {"both": 1})

    found = listed(bobs)
    page = bobs.get(PAGE).content.decode()

    assert {key: each["may_be_made_up"] for key, each in found.items()} == {MADE_UP: True, "both": False}
    assert MADE_UP not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert f"new-flag/?key={'both'}" in page
    assert page.count("Create…") == 1, "no flag can have the other name"


def test_flags_that_are_gone_are_named_as_such(
    bobs: Client, development: Environment, a_flag: MakeFlag, asked: Asking, system: Actor
) -> None:
    flag_services.archive_flag(a_flag("archived"), actor=system)
    flag_services.delete_flag(a_flag("deleted"), actor=system)
    a_flag("secret", flag={"client_visible": False})
    a_flag("used")
    asked(development, dict.fromkeys(("archived", "deleted", "secret", "used", "never"), 1))

    states = {key: each["state"] for key, each in listed(bobs).items()}

    assert states == {"archived": "archived", "deleted": "deleted", "secret": "hidden", "used": "used", "never": None}
    page = bobs.get(PAGE).content.decode()
    assert "deleted: still asked for" in page
    assert "which client keys may not ask for" in page


def test_only_what_is_asked_for_most_is_told(
    shop: Project, development: Environment, asked: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(development, {f"made-up-{number}": number for number in range(1, 301)}, kind="client")
    monkeypatch.setattr(reading, "MOST_NAMES", 250)

    found = reading.unknown_in(shop, [development], now=timezone.now(), hidden=False)

    assert len(found) == 200


def test_what_was_asked_longer_ago_is_forgotten(bobs: Client, development: Environment, asked: Asking) -> None:
    asked(development, {"old": 1}, ago=30)

    assert listed(bobs) == {}
    assert "No unknown flags" in bobs.get(PAGE).content.decode()


def test_hiding_and_showing_again(bobs: Client, development: Environment, asked: Asking) -> None:
    asked(development, {"noise": 5, "other": 1})

    assert bobs.post(f"{PAGE}hide/", {"key": "noise"}, follow=True).context["found"][0].key == "other"
    assert list(listed(bobs)) == ["other"]
    assert list(listed(bobs, "?hidden=true")) == ["noise"]
    assert "Show again" in bobs.get(f"{PAGE}?hidden=yes").content.decode()

    bobs.post(f"{PAGE}show/", {"key": "noise"})
    assert list(listed(bobs)) == ["noise", "other"]
    assert [event.verb for event in AuditEvent.objects.order_by("-position")[:2]] == [
        "unknown_flag.shown",
        "unknown_flag.hidden",
    ]


def test_hiding_by_the_api(bobs: Client, shop: Project) -> None:
    def post(what: str, body: Any) -> Any:
        return bobs.post(f"{API}{what}", body, content_type="application/json")

    assert post("hide", {"key": "noise"}).json() == {"key": "noise", "hidden": True, "changed": True}
    assert post("hide", {"key": "noise"}).json()["changed"] is False
    assert post("show", {"key": "noise"}).json() == {"key": "noise", "hidden": False, "changed": True}
    assert [post("hide", body).status_code for body in ({}, {"key": 7}, {"key": ""}, {"key": "x" * 201})] == [400] * 4
    assert bobs.get(f"{API}?hidden=maybe").status_code == 400


@pytest.mark.parametrize("service", [hiding.hide_key, hiding.show_key])
@pytest.mark.parametrize(("role", "may"), [("as_vera", False), ("as_bob", True), ("as_charlie", False)])
def test_members_hide(
    shop: Project, request: pytest.FixtureRequest, service: Callable[..., bool], role: str, may: bool
) -> None:
    actor = request.getfixturevalue(role)

    if may:
        service(shop, "noise", actor=actor)
    else:
        with pytest.raises(NotAllowed):
            service(shop, "noise", actor=actor)
        assert not HiddenKey.objects.exists()


def test_viewer_sees_and_hides_nothing(browser: Browser, vera: User, development: Environment, asked: Asking) -> None:
    asked(development, {"noise": 5})
    client: Any = browser(vera)

    assert ">Hide<" not in client.get(PAGE).content.decode()
    assert client.post(f"{PAGE}hide/", {"key": "noise"}).status_code == 403
    assert client.post(f"{API}hide", {"key": "noise"}, content_type="application/json").status_code == 403
    assert not HiddenKey.objects.exists()


def test_no_more_are_hidden_than_there_is_room_for(
    shop: Project, as_bob: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hiding, "MOST_HIDDEN", 1)
    hiding.hide_key(shop, "one", actor=as_bob)

    with pytest.raises(Conflict, match="Show some again first"):
        hiding.hide_key(shop, "two", actor=as_bob)
    with pytest.raises(Invalid):
        hiding.hide_key(shop, "two\nlines", actor=as_bob)


def test_an_environment_that_one_may_not_see_is_not_told_of(
    browser: Browser,
    a_user: Callable[[str], User],
    development: Environment,
    production: Environment,
    asked: Asking,
) -> None:
    dora = a_user("Dora")
    Membership.objects.create(organization=development.organization, user=dora)
    grant(dora, Role.MEMBER, development)
    asked(production, {"secret-plan": 5})

    assert listed(browser(dora)) == {}
    assert "secret-plan" not in browser(dora).get(PAGE).content.decode()


def test_one_step_to_the_flag(bobs: Client, shop: Project) -> None:
    page = bobs.get("/organizations/acme/projects/shop/new-flag/?key=new-banner")

    assert page.context["form"].initial["key"] == "new-banner"
    assert (
        bobs.get(f"/organizations/acme/projects/shop/new-flag/?key={MADE_UP}").context["form"].initial.get("key")
        is None
    )
