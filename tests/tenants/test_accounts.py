"""An account, deleted: nothing opens with it any more, its organizations live on or go with it, its address is free."""

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession

from tenants import services
from tenants.actors import Actor
from tenants.models import ApiKey, AuditEvent, Invitation, Membership, Organization, User
from tenants.permissions import NotAllowed, actor_of, users_with
from tenants.problems import Conflict
from tenants.roles import Role
from tests.conftest import PASSWORD, Browser


def test_everything_by_which_somebody_was_somebody_is_gone(
    as_ada: Actor, acme: Organization, vera: User, globex: Organization, as_charlie: Actor
) -> None:
    team = services.create_team(acme, key="team", name="Team", actor=as_ada)
    services.add_to_team(team, user=vera, actor=as_ada)
    EmailAddress.objects.create(user=vera, email=vera.email, verified=True, primary=True)
    SocialAccount.objects.create(user=vera, provider="github", uid="7")
    Authenticator.objects.create(user=vera, type="totp", data={})
    services.invite(globex, email=vera.email, role=Role.VIEWER, actor=as_charlie)

    services.delete_account(vera, actor=actor_of(vera), comment="bye")

    gone = User.with_deleted.get(pk=vera.pk)
    assert gone.deleted_at is not None
    assert (gone.name, gone.is_active, gone.has_usable_password()) == ("Vera", False, False)
    assert not gone.groups.exists()
    assert not actor_of(gone).grants
    for model in (EmailAddress, SocialAccount, Authenticator, Invitation):
        assert not model.objects.exists()
    assert not Membership.objects.filter(user=vera).exists()
    told = AuditEvent.objects.filter(comment="bye", actor_id=vera.id).order_by("id").values_list("verb", flat=True)
    assert list(told) == ["team.member_removed", "member.removed", "invitation.revoked", "user.deleted"]


def test_the_address_signs_up_anew_as_somebody_else(acme: Organization, vera: User) -> None:
    services.delete_account(vera, actor=actor_of(vera))

    anew = services.register_user(email="vera@example.com", password=PASSWORD, actor=Actor.anonymous())

    assert anew.id != vera.id
    assert not actor_of(anew).grants


def test_whoever_deletes_their_account_is_signed_out_everywhere(
    browser: Browser, acme: Organization, vera: User
) -> None:
    here, there = browser(vera), browser(vera)
    for client in (here, there):
        assert client.get("/organizations/acme/").status_code == 200
    UserSession.objects.create(user=vera, session_key=there.session.session_key, ip="127.0.0.1")

    services.delete_account(vera, actor=actor_of(vera))

    assert not UserSession.objects.exists()
    for client in (here, there):
        assert "login" in client.get("/organizations/acme/")["Location"]


def test_api_keys_that_they_made_stay(acme: Organization, ada: User) -> None:
    services.create_api_key(kind="token", scope=acme, name="ci", role=Role.MEMBER, actor=actor_of(ada))

    services.delete_account(ada, actor=actor_of(ada))

    assert ApiKey.objects.usable().exists()


def test_where_another_owner_is_it_is_left(as_alice: Actor, acme: Organization, alice: User, ada: User) -> None:
    services.set_role(acme, user=ada, role=Role.OWNER, actor=as_alice)

    services.delete_account(alice, actor=as_alice)

    assert users_with(Role.OWNER, acme) == [ada.id]


def test_the_last_owner_says_first_what_becomes_of_it(as_alice: Actor, acme: Organization, alice: User) -> None:
    with pytest.raises(Conflict, match="Alice is the last owner of Acme: say who owns it"):
        services.delete_account(alice, actor=as_alice)

    assert User.objects.filter(pk=alice.pk).exists()


def test_the_last_owner_hands_over_on_the_way_out(
    as_alice: Actor, acme: Organization, alice: User, bob: User, charlie: User
) -> None:
    with pytest.raises(Conflict, match="Charlie is no member"):
        services.delete_account(alice, heirs={acme.id: charlie}, actor=as_alice)
    assert User.objects.filter(pk=alice.pk).exists()

    services.delete_account(alice, heirs={acme.id: bob}, actor=as_alice)

    assert users_with(Role.OWNER, acme) == [bob.id]


def test_the_last_owner_deletes_it_with_the_account(
    as_alice: Actor, acme: Organization, alice: User, bob: User
) -> None:
    services.delete_account(alice, heirs={acme.id: None}, actor=as_alice)

    assert not Organization.objects.exists()
    assert users_with(Role.OWNER, acme) == []
    assert AuditEvent.with_deleted.filter(verb="organization.deleted").count() == 1


def test_an_organization_that_was_deleted_before_comes_back_without_them(
    as_alice: Actor, system: Actor, acme: Organization, alice: User
) -> None:
    services.delete_organization(acme, actor=as_alice)

    services.delete_account(alice, actor=as_alice)

    services.undelete_organization(acme, actor=system)
    assert users_with(Role.OWNER, acme) == []
    assert not acme.memberships.exists()


def test_nobody_deletes_the_account_of_somebody_else(
    as_alice: Actor, acme: Organization, vera: User, a_user: Callable[[str], User]
) -> None:
    with pytest.raises(NotAllowed, match="their own accounts only"):
        services.delete_account(vera, actor=as_alice)

    services.delete_account(vera, actor=Actor.system())
    assert not User.objects.filter(pk=vera.pk).exists()
