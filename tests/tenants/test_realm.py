"""The second wall: what PostgreSQL itself shows and takes, whatever the query."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, ProgrammingError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from flags.models import Flag
from flags.services import create_flag
from tenants import doorway, realm, selectors, services
from tenants.actors import Actor
from tenants.keys import sha256_of
from tenants.models import ApiKey, AuditEvent, Environment, Invitation, Membership, Organization, Project, User
from tenants.permissions import actor_of
from tenants.roles import Role

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def both_have_a_project(shop: Project, globex: Organization, system: Actor) -> None:
    services.create_project(globex, key="bank", name="Bank", actor=system)


def seen() -> set[str]:
    """The projects that a query which forgot its filter shows."""
    return set(Project.objects.values_list("key", flat=True))


def test_a_process_by_itself_reaches_everything() -> None:
    assert seen() == {"shop", "bank"}


def test_a_request_reaches_nothing_to_begin_with() -> None:
    with realm.within(realm.NOTHING):
        assert seen() == set()


def test_an_organization_reaches_its_own_rows(acme: Organization) -> None:
    with realm.within(realm.of_organization(acme.id)):
        assert seen() == {"shop"}
        assert set(Organization.with_deleted.all()) == {acme}
        assert {row.organization_id for row in AuditEvent.with_deleted.all()} == {acme.id}


def test_history_is_walled_as_well(globex: Organization) -> None:
    with realm.within(realm.of_organization(globex.id)):
        assert set(Project.history.values_list("key", flat=True)) == {"bank"}


def test_whoever_deletes_their_account_ends_invitations_from_where_they_reach_nothing(
    globex: Organization, system: Actor, vera: User
) -> None:
    services.invite(globex, email=vera.email, role=Role.VIEWER, actor=system)

    with realm.within(realm.of_user(vera.id)):
        services.delete_account(vera, actor=actor_of(vera))

    assert not Invitation.objects.exists()
    assert not Membership.objects.filter(user=vera).exists()
    assert AuditEvent.objects.filter(verb="invitation.revoked", organization=globex).exists()
    assert AuditEvent.objects.filter(verb="user.deleted").exists()


def test_a_person_reaches_the_organizations_that_they_belong_to(alice: User, charlie: User, acme: Organization) -> None:
    with realm.within(realm.of_user(charlie.id)):
        assert seen() == {"bank"}
    services.add_member(acme, user=charlie, role=Role.VIEWER, actor=Actor.system())
    with realm.within(realm.of_user(charlie.id)):
        assert seen() == {"shop", "bank"}
    with realm.within(realm.of_user(alice.id)):
        assert seen() == {"shop"}


@pytest.mark.parametrize("state", [{"is_active": False}, {"deleted_at": "2026-01-01T00:00:00Z"}])
def test_who_may_not_sign_in_reaches_nothing(charlie: User, state: dict[str, Any]) -> None:
    User.with_deleted.filter(pk=charlie.pk).update(**state)

    with realm.within(realm.of_user(charlie.id)):
        assert seen() == set()


def test_a_superuser_reaches_everything(a_user: Callable[[str], User]) -> None:
    root = a_user("Root")
    User.objects.filter(pk=root.pk).update(is_superuser=True)

    with realm.within(realm.of_user(root.id)):
        assert seen() == {"shop", "bank"}


def test_what_a_person_reaches_holds_until_the_request_ends(charlie: User, globex: Organization) -> None:
    with realm.within(realm.of_user(charlie.id)):
        assert seen() == {"bank"}
        with realm.everything():
            Membership.objects.filter(user=charlie).delete()
        assert seen() == {"bank"}
    with realm.within(realm.of_user(charlie.id)):
        assert seen() == set()


def test_the_hash_of_a_key_opens_its_organization(development: Environment, system: Actor) -> None:
    api_key, secret = services.create_api_key(kind="server", scope=development, name="web", actor=system)

    for asked in (sha256_of(secret), sha256_of(secret)[:16]):
        with realm.within(realm.of_key(asked)):
            assert list(ApiKey.objects.usable()) == [api_key]
            assert seen() == {"shop"}
    for unknown in ("0" * 64, "0" * 16):
        with realm.within(realm.of_key(unknown)):
            assert seen() == set()


def test_the_link_of_an_invitation_opens_where_it_leads(acme: Organization, system: Actor, charlie: User) -> None:
    invitation, secret = services.invite(acme, email=charlie.email, role=Role.MEMBER, actor=system)

    with realm.within(realm.of_user(charlie.id)):
        assert selectors.find_invitation("wrong") is None
        assert seen() == {"bank"}
        assert selectors.find_invitation(secret) == invitation
        assert seen() == {"shop", "bank"}


def test_a_look_up_leaves_what_is_reached_as_it_was(alice: User) -> None:
    with realm.within(realm.NOTHING), connection.cursor() as cursor:
        cursor.execute("SELECT flagforge_realm_of_user(%s), (SELECT count(*) FROM tenants_project)", [alice.id])
        found, count = cursor.fetchone()

    assert found == alice.memberships.get().organization_id
    assert count == 0


def test_no_row_goes_into_an_organization_out_of_reach(shop: Project, globex: Organization, system: Actor) -> None:
    flag = create_flag(shop, {"key": "checkout"}, actor=system).thing

    with realm.within(realm.of_organization(globex.id)):
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Project.objects.create(organization=shop.organization, key="spy", name="Spy")
        assert Flag.objects.filter(pk=flag.pk).update(name="Theirs") == 0
        assert Flag.with_deleted.filter(pk=flag.pk).delete()[0] == 0
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Project.objects.update(organization=shop.organization)
    flag.refresh_from_db()
    assert flag.name == "checkout"


def test_a_failed_statement_takes_nothing_away(acme: Organization) -> None:
    with realm.within(realm.of_organization(acme.id)):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
        assert seen() == {"shop"}


def test_every_way_to_ask_says_for_whom(acme: Organization, shop: Project) -> None:
    with realm.within(realm.of_organization(acme.id)), connection.cursor() as cursor:
        assert [row.key for row in Project.objects.iterator(1)] == ["shop"]
        assert "tenants_project" in Project.objects.all().explain(analyze=True)
        cursor.executemany("UPDATE tenants_project SET name = %s WHERE key = %s", [("A", "shop"), ("B", "bank")])
        assert cursor.rowcount == 1
        cursor.execute("SELECT name FROM tenants_project -- all of them\n")
        assert cursor.fetchall() == [("A",)]


def test_a_cursor_of_the_server_is_refused() -> None:
    with pytest.raises(DatabaseError, match="without a realm"):
        connection.create_cursor("named")


@pytest.mark.parametrize("name", ["", "x'; DROP TABLE tenants_user; --", "a,b", "é"])
def test_a_realm_is_named_by_ids_alone(name: str) -> None:
    with pytest.raises(ValueError, match="ids and hashes"):
        realm.Realm((name,))
    with pytest.raises(ValueError, match="ids and hashes"):
        realm.of_user(name)


def forgetful(request: HttpRequest) -> HttpResponse:
    """A view whose author did not think of tenants."""
    return HttpResponse(",".join(sorted(seen())))


@pytest.mark.parametrize("middleware", [doorway.known_by_session, doorway.known_by_key])
def test_a_view_that_forgot_its_filter_shows_a_stranger_nothing(middleware: Any) -> None:
    assert middleware(forgetful)(RequestFactory().get("/")).content == b""
    assert seen() == {"shop", "bank"}, "what a request reached ends with it"


def test_a_view_that_forgot_its_filter_shows_the_outsider_their_own(charlie: User, client: Client) -> None:
    client.force_login(charlie, backend="django.contrib.auth.backends.ModelBackend")
    request = RequestFactory().get("/")
    request.COOKIES, request.user = {"sessionid": client.cookies["sessionid"].value}, charlie

    assert doorway.known_by_session(forgetful)(request).content == b"bank"


def test_a_view_that_forgot_its_filter_shows_a_token_its_own(
    client: Client, globex: Organization, system: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret = services.create_api_key(kind="token", scope=globex, name="CI", role=Role.ADMIN, actor=system)
    monkeypatch.setattr(
        "tenants.querysets.OrganizationQuerySet.visible_to", lambda rows, actor, verb="": rows, raising=True
    )

    answer = client.get("/api/v1/organizations/", headers={"Authorization": f"Bearer {secret}"})

    assert [found["slug"] for found in answer.json()["results"]] == ["globex"]
