"""Invitations in the admin: read and revoked by whoever may let people in there, never made or edited."""

import pytest

from tenants import services
from tenants.actors import Actor
from tenants.models import AuditEvent, Invitation, Organization, Project, User
from tenants.roles import Role
from tests.conftest import Browser

pytestmark = pytest.mark.django_db
INVITATIONS = "/admin/tenants/invitation/"


@pytest.fixture
def wider(as_ada: Actor, acme: Organization) -> Invitation:
    return services.invite(acme, email="wider@example.com", role=Role.VIEWER, actor=as_ada)[0]


@pytest.fixture
def invitation(as_ada: Actor, shop: Project) -> Invitation:
    return services.invite(shop, email="mona@example.com", role=Role.VIEWER, actor=as_ada)[0]


def test_an_admin_reads_an_invitation_and_edits_nothing(browser: Browser, ada: User, invitation: Invitation) -> None:
    client = browser(ada)

    page = client.get(f"{INVITATIONS}{invitation.pk}/change/").content.decode()

    assert "mona@example.com" in client.get(INVITATIONS).content.decode()
    assert "open until" in page
    assert 'name="_save"' not in page
    assert invitation.token_hash not in page
    assert client.get(f"{INVITATIONS}add/").status_code == 403


def test_an_admin_revokes(browser: Browser, ada: User, invitation: Invitation) -> None:
    address = f"{INVITATIONS}{invitation.pk}/do/revoke/"

    answer = browser(ada).post(address, {"confirmed": "yes", "comment": "a slip"})

    assert answer.status_code == 302
    assert not Invitation.objects.exists()
    assert AuditEvent.objects.get(verb="invitation.revoked").comment == "a slip"


def test_an_admin_of_one_project_reaches_the_invitations_to_it_alone(
    browser: Browser, as_ada: Actor, charlie: User, invitation: Invitation, wider: Invitation, shop: Project
) -> None:
    services.add_member(shop.organization, user=charlie, role=Role.ADMIN, scope=shop, actor=as_ada)
    client = browser(charlie)

    answers = [client.post(f"{INVITATIONS}{one.pk}/do/revoke/", {"confirmed": "yes"}) for one in (wider, invitation)]

    assert [answer.status_code for answer in answers] == [404, 302]
    assert Invitation.objects.get() == wider


def test_a_member_sees_none(browser: Browser, bob: User, invitation: Invitation) -> None:
    client = browser(bob)

    assert client.get(INVITATIONS).status_code == 403
    assert client.post(f"{INVITATIONS}{invitation.pk}/do/revoke/", {"confirmed": "yes"}).status_code in (403, 404)
    assert Invitation.objects.exists()


def test_what_was_accepted_is_not_revoked(
    browser: Browser, as_ada: Actor, ada: User, as_charlie: Actor, charlie: User, acme: Organization
) -> None:
    accepted, _ = services.invite(acme, email=charlie.email, role=Role.VIEWER, actor=as_ada)
    services.accept_invitation(accepted, user=charlie, actor=as_charlie)
    client = browser(ada)

    assert client.post(f"{INVITATIONS}{accepted.pk}/do/revoke/", {"confirmed": "yes"}).status_code == 403
    assert "accepted" in client.get(f"{INVITATIONS}{accepted.pk}/change/").content.decode()
