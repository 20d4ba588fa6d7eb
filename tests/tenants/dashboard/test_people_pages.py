"""Pages of own roles, of teams, of handing over, of leaving, and of deleting one's account."""

import pytest

from tenants import services
from tenants.actors import Actor
from tenants.models import CustomRole, Environment, Membership, Organization, Project, Team, User
from tenants.permissions import actor_of, allowed, roles_on, users_with
from tenants.roles import Role
from tests.conftest import Browser
from tests.tenants.dashboard.conftest import ACME

pytestmark = pytest.mark.django_db
ROLES, TEAMS = f"{ACME}roles/", f"{ACME}teams/"


@pytest.fixture
def on_call(acme: Organization, system: Actor) -> CustomRole:
    return services.create_role(acme, key="on-call", name="On call", verbs=["flag.kill"], actor=system)


@pytest.fixture
def payments(acme: Organization, system: Actor) -> Team:
    return services.create_team(acme, key="payments", name="Payments", actor=system)


def test_a_role_is_made_given_and_edited(browser: Browser, ada: User, vera: User, acme: Organization) -> None:
    client = browser(ada)

    client.post(ROLES, {"name": "On call", "key": "on-call", "verbs": ["flag.kill"]})
    role = CustomRole.objects.get()
    client.post(f"{ACME}members/{vera.id}/", {"place": acme.id, "role": role.id})
    assert allowed(actor_of(vera), "flag.kill", acme)
    client.post(f"{ROLES}on-call/", {"name": "Night", "verbs": ["audit.view"]})

    assert not allowed(actor_of(vera), "flag.kill", acme)
    page = client.get(f"{ROLES}on-call/").content.decode()
    assert "Vera, on All of Acme" in page
    assert "Night" in client.get(f"{ACME}members/").content.decode()


def test_only_verbs_that_one_holds_are_offered(browser: Browser, vera: User, acme: Organization, system: Actor) -> None:
    verbs = ["role.edit", "flag.kill", "member.view"]
    maker = services.create_role(acme, key="maker", name="Maker", verbs=verbs, actor=system)
    services.set_role(acme, user=vera, role=maker, actor=system)
    client = browser(vera)

    page = client.get(ROLES).content.decode()

    assert 'value="flag.kill"' in page
    assert 'value="flag.delete"' not in page
    refused = client.post(ROLES, {"name": "Grab", "key": "grab", "verbs": ["flag.delete"]})
    assert refused.status_code == 422
    assert not CustomRole.objects.filter(key="grab").exists()


def test_a_taken_key_is_told_at_its_field(browser: Browser, ada: User, on_call: CustomRole) -> None:
    answer = browser(ada).post(ROLES, {"name": "Again", "key": "on-call"})

    assert answer.context["form"].errors["key"] == ['"on-call" exists already.']


def test_who_deletes_a_role_reads_first_who_holds_it_and_types_its_key(
    browser: Browser, ada: User, vera: User, payments: Team, acme: Organization, shop: Project, on_call: CustomRole
) -> None:
    as_ada = actor_of(ada)
    services.set_role(acme, user=vera, role=on_call, actor=as_ada)
    services.set_team_role(shop, team=payments, role=on_call, actor=as_ada)
    services.invite(acme, email="new@example.com", role=on_call, actor=as_ada)
    services.create_api_key(kind="token", scope=shop, name="ci", role=on_call, actor=as_ada)
    client, page = browser(ada), f"{ROLES}on-call/delete/"

    shown = client.get(page).content.decode()
    for line in (
        "Vera, on All of Acme",
        "Payments, on Shop",
        "The invitation of new@example.com",
        "The token ff_token_",
    ):
        assert line in shown
    assert client.post(page, {"typed": "something"}).status_code == 422
    assert CustomRole.objects.exists()
    client.post(page, {"typed": "on-call"})

    assert not CustomRole.objects.exists()
    assert vera.id not in roles_on(acme)
    assert "may nothing: its role was deleted" in client.get(f"{ACME}keys/").content.decode()


def test_a_team_is_made_filled_given_roles_and_deleted(
    browser: Browser, ada: User, vera: User, acme: Organization, production: Environment
) -> None:
    client, page = browser(ada), f"{TEAMS}payments/"

    client.post(TEAMS, {"name": "Payments", "key": "payments"})
    client.post(f"{page}add/", {"member": vera.id})
    client.post(f"{page}role/", {"place": production.id, "role": Role.MEMBER.value})
    assert allowed(actor_of(vera), "flag.toggle", production)
    assert "by team Payments" in client.get(f"{ACME}members/").content.decode()
    assert "By teams" in client.get(f"{ACME}members/{vera.id}/").content.decode()
    assert "Shop / Production: member" in client.get(TEAMS).content.decode()
    client.post(page, {"name": "Money"})
    assert "Money" in client.get(page).content.decode()
    client.post(f"{page}role/", {"place": production.id, "role": ""})
    client.post(f"{page}members/{vera.id}/remove/")
    assert not allowed(actor_of(vera), "flag.toggle", production)
    client.post(f"{page}delete/", {"typed": "wrong"})
    assert Team.objects.exists()
    client.post(f"{page}delete/", {"typed": "payments"})
    assert not Team.objects.exists()


def test_a_team_is_never_offered_to_own(browser: Browser, alice: User, acme: Organization, payments: Team) -> None:
    answer = browser(alice).post(f"{TEAMS}payments/role/", {"place": acme.id, "role": Role.OWNER.value})

    assert answer.status_code == 422
    assert "role" in answer.context["role_form"].errors


def test_viewers_look_and_change_nothing(
    browser: Browser, vera: User, bob: User, acme: Organization, payments: Team, on_call: CustomRole
) -> None:
    client = browser(vera)

    for page in (ROLES, TEAMS, f"{ROLES}on-call/", f"{TEAMS}payments/"):
        assert client.get(page).status_code == 200
    for page in (f"{ROLES}on-call/delete/", f"{TEAMS}payments/delete/", f"{ACME}hand-over/"):
        assert client.get(page).status_code == 403
    for page, typed in (
        (ROLES, {"name": "x", "key": "x"}),
        (f"{ROLES}on-call/", {"name": "x"}),
        (TEAMS, {"name": "x", "key": "x"}),
        (f"{TEAMS}payments/", {"name": "x"}),
        (f"{TEAMS}payments/add/", {"member": bob.id}),
        (f"{TEAMS}payments/members/{bob.id}/remove/", {}),
    ):
        assert client.post(page, typed).status_code == 403, page


def test_ownership_is_handed_over_by_typing_the_slug(
    browser: Browser, alice: User, bob: User, acme: Organization
) -> None:
    client, page = browser(alice), f"{ACME}hand-over/"

    assert client.post(page, {"to": bob.id, "typed": "other"}).status_code == 422
    assert users_with(Role.OWNER, acme) == [alice.id]
    client.post(page, {"to": bob.id, "typed": "acme"})

    assert roles_on(acme) == {bob.id: Role.OWNER, alice.id: Role.ADMIN}


def test_without_anybody_else_there_is_nobody_to_hand_it_to(browser: Browser, alice: User, acme: Organization) -> None:
    assert "Nobody else is a member" in browser(alice).get(f"{ACME}hand-over/").content.decode()


def test_everybody_finds_their_organizations_and_leaves(
    browser: Browser, vera: User, acme: Organization, payments: Team, system: Actor
) -> None:
    services.add_to_team(payments, user=vera, actor=system)
    services.withdraw_role(acme, user=vera, actor=system)
    client = browser(vera)

    page = client.get("/accounts/organizations/").content.decode()
    assert "Acme" in page
    assert "team Payments" in page
    assert "API keys that you made keep working" in client.get("/accounts/organizations/acme/leave/").content.decode()
    client.post("/accounts/organizations/acme/leave/")

    assert not Membership.objects.filter(user=vera).exists()
    assert client.get("/accounts/organizations/acme/leave/").status_code == 404


def test_the_last_owner_is_led_to_hand_over(browser: Browser, alice: User, acme: Organization) -> None:
    client = browser(alice)

    assert f"{ACME}hand-over/" in client.get("/accounts/organizations/acme/leave/").content.decode()
    client.post("/accounts/organizations/acme/leave/")

    assert Membership.objects.filter(user=alice).exists()


@pytest.mark.parametrize("fate", ["bob", "delete"])
def test_an_account_is_deleted_once_it_is_said_what_becomes_of_what_it_owns(
    fate: str, browser: Browser, alice: User, bob: User, acme: Organization
) -> None:
    client, question = browser(alice), f"heir_{acme.id}"
    chosen = bob.id if fate == "bob" else fate

    for typed in ({question: chosen, "typed": "else@example.com"}, {"typed": alice.email}):
        assert client.post("/accounts/delete/", typed).status_code == 422
    assert User.objects.filter(pk=alice.pk).exists()
    client.post("/accounts/delete/", {question: chosen, "typed": alice.email})

    assert not User.objects.filter(pk=alice.pk).exists()
    assert "login" in client.get("/accounts/organizations/")["Location"]
    assert Organization.objects.exists() is (fate == "bob")
    assert users_with(Role.OWNER, acme) == ([bob.id] if fate == "bob" else [])


def test_who_owns_nothing_alone_reads_what_is_left_and_goes(browser: Browser, vera: User, acme: Organization) -> None:
    client = browser(vera)

    assert "You leave Acme." in client.get("/accounts/delete/").content.decode()
    client.post("/accounts/delete/", {"typed": vera.email})

    assert not User.objects.filter(pk=vera.pk).exists()
