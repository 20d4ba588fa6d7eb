"""An organization that asks for a second factor is closed, at every door, to members who have none."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from flags.services import create_flag
from tenants import services
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Organization, Project, User
from tenants.permissions import NotAllowed, actor_of, actors_of
from tenants.problems import Conflict
from tenants.roles import Role
from tests.conftest import Browser

pytestmark = pytest.mark.django_db
FACTORS = "/accounts/mfa/"
SETTINGS = "/organizations/acme/settings/"
SHOP = "/organizations/acme/projects/shop/"


def have_factor(user: User, kind: str = "totp") -> None:
    Authenticator.objects.create(user=user, type=kind, data={"secret": "", "name": "Key"})


@pytest.fixture
def asking(acme: Organization, shop: Project, alice: User) -> Organization:
    """Acme, where Alice has a second factor and asks everybody for one."""
    have_factor(alice)
    return services.set_mfa_policy(acme, required=True, actor=actor_of(alice))


def test_it_is_set_in_the_settings_and_stands_in_the_audit(browser: Browser, alice: User, acme: Organization) -> None:
    have_factor(alice)

    answer = browser(alice).post(f"{SETTINGS}mfa/", {"mfa-required": "on", "mfa-comment": "Policy 7"}, follow=True)

    event = AuditEvent.objects.get(verb="organization.mfa_policy_set")
    assert "Acme asks for a second factor." in answer.content.decode()
    assert (event.before, event.after, event.comment) == ({"mfa_required": False}, {"mfa_required": True}, "Policy 7")


def test_who_has_none_cannot_ask_others_for_one(browser: Browser, alice: User, acme: Organization) -> None:
    answer = browser(alice).post(f"{SETTINGS}mfa/", {"mfa-required": "on"})

    acme.refresh_from_db()
    assert answer.status_code == 422
    assert "Set up a second factor of your own first" in answer.content.decode()
    assert not acme.mfa_required


def test_recovery_codes_alone_are_no_factor(acme: Organization, alice: User) -> None:
    have_factor(alice, "recovery_codes")

    with pytest.raises(Conflict, match="of your own first"):
        services.set_mfa_policy(acme, required=True, actor=actor_of(alice))


def test_admins_do_not_decide_it(browser: Browser, ada: User, bob: User) -> None:
    have_factor(ada)
    client = browser(ada)

    answer = client.post(f"{SETTINGS}mfa/", {"mfa-required": "on"})

    assert answer.status_code == 403
    assert "takes the role owner" in answer.content.decode()
    assert "Everybody needs a second factor" not in client.get(SETTINGS).content.decode()


def test_owners_see_whom_it_would_shut_out(browser: Browser, alice: User, ada: User, bob: User) -> None:
    have_factor(alice)
    have_factor(ada, "webauthn")

    assert "Without one today: Bob." in browser(alice).get(SETTINGS).content.decode()


@pytest.mark.parametrize("address", [SHOP, f"{SHOP}flags/", f"{SHOP}playground/", SETTINGS, "/"])
def test_a_page_leads_whoever_has_none_to_set_one_up(
    address: str, browser: Browser, asking: Organization, bob: User
) -> None:
    answer = browser(bob).get(address, follow=True)

    assert answer.redirect_chain == [(FACTORS, 302)]
    assert "Acme asks for a second factor. Set one up here" in answer.content.decode()


def test_a_part_of_a_page_leads_there_too(browser: Browser, asking: Organization, bob: User) -> None:
    answer = browser(bob).get(f"{SHOP}flags/", headers={"HX-Request": "true"})

    assert (answer.status_code, answer["HX-Redirect"]) == (204, FACTORS)


def test_the_api_tells_a_session_what_is_missing(asking: Organization, browser: Browser, bob: User) -> None:
    client = browser(bob)

    answers = [client.get(f"/api/v1{SHOP}{part}") for part in ("flags/", "flags/checkout", "environments/")]

    assert {answer.status_code for answer in answers} == {403}
    assert {answer.json()["type"] for answer in answers} == {"/problems/second-factor-required"}
    assert "/accounts/mfa/" in answers[0].json()["detail"]
    assert client.get("/api/v1/organizations/").json()["results"] == []


def test_the_admin_shows_nothing_of_it(asking: Organization, browser: Browser, bob: User) -> None:
    assert browser(bob).get("/admin/", follow=True).redirect_chain[-1] == (FACTORS, 302)


def test_live_pages_close(asking: Organization, bob: User, alice: User) -> None:
    actors = actors_of([alice, bob])

    assert not actors[bob.pk].grants
    assert actors[alice.pk].grants


def test_a_role_on_one_environment_is_closed_as_well(
    acme: Organization, development: Environment, bob: User, alice: User
) -> None:
    system = Actor.system()
    services.withdraw_role(acme, user=bob, actor=system)
    services.set_role(development, user=bob, role=Role.MEMBER, actor=system)

    services.set_mfa_policy(acme, required=True, actor=system)

    assert not actor_of(bob).grants


def test_their_other_organizations_stay_open(
    asking: Organization, globex: Organization, browser: Browser, bob: User
) -> None:
    services.add_member(globex, user=bob, role=Role.VIEWER, actor=Actor.system())
    client = browser(bob)

    assert client.get("/organizations/globex/").status_code == 200
    assert client.get("/", follow=True).redirect_chain == [("/organizations/globex/", 302)]
    assert [one["slug"] for one in client.get("/api/v1/organizations/").json()["results"]] == ["globex"]


def test_a_second_factor_opens_it(asking: Organization, browser: Browser, bob: User) -> None:
    have_factor(bob, "webauthn")

    assert browser(bob).get(SHOP).status_code == 200


def test_outsiders_learn_nothing_of_it(asking: Organization, browser: Browser, charlie: User) -> None:
    client = browser(charlie)

    assert client.get(SHOP).status_code == 404
    assert client.get(f"/api/v1{SHOP}flags/").status_code == 404
    assert client.post(f"{SETTINGS}mfa/", {"mfa-required": ""}).status_code == 404


def test_a_superuser_without_one_is_nobody_while_somebody_asks(
    asking: Organization, browser: Browser, a_user: Callable[[str], User]
) -> None:
    root = a_user("Root")
    User.objects.filter(pk=root.pk).update(is_superuser=True, is_staff=True)
    assert browser(root).get(SHOP)["Location"] == FACTORS

    have_factor(root)

    assert browser(root).get(SHOP).status_code == 200


def test_programs_go_on_and_decide_nothing(asking: Organization, shop: Project, client: Client) -> None:
    api_key, secret = services.create_api_key(
        kind="token", scope=asking, name="CI", role=Role.OWNER, actor=Actor.system()
    )
    create_flag(shop, {"key": "checkout"}, actor=Actor.of_api_key(api_key))
    headers: Any = {"Authorization": f"Bearer {secret}"}

    put = {"mfa_required": False}
    refused = client.patch("/api/v1/organizations/acme", put, "application/json", headers=headers)
    unchanged = client.patch("/api/v1/organizations/acme", {"mfa_required": True}, "application/json", headers=headers)

    assert client.get(f"/api/v1{SHOP}flags/checkout", headers=headers).status_code == 200
    assert refused.status_code == 403
    assert "only people decide it" in refused.json()["detail"]
    assert unchanged.json()["mfa_required"] is True


def test_an_owner_sets_it_by_the_api(acme: Organization, alice: User, browser: Browser) -> None:
    client = browser(alice)
    ask = ("/api/v1/organizations/acme", {"mfa_required": True}, "application/json")
    assert client.patch(*ask).json()["type"] == "/problems/conflict"

    have_factor(alice)

    assert client.patch(*ask).json()["mfa_required"] is True


def test_a_member_lifts_it_no_more_than_they_set_it(asking: Organization, as_bob: Actor) -> None:
    with pytest.raises(NotAllowed):
        services.set_mfa_policy(asking, required=False, actor=as_bob)
