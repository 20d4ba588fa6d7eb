"""An organization, handed over: somebody else owns it, and whoever owned it steps down or leaves."""

import pytest

from tenants import services
from tenants.actors import Actor
from tenants.models import AuditEvent, Membership, Organization, User
from tenants.permissions import NotAllowed, actor_of, users_with
from tenants.problems import Conflict
from tenants.roles import Role


@pytest.mark.parametrize("leave", [False, True])
def test_the_last_owner_hands_over_and_steps_down_or_leaves(
    leave: bool, as_alice: Actor, acme: Organization, alice: User, bob: User
) -> None:
    services.hand_over(acme, to=bob, leave=leave, actor=as_alice, comment="new job")

    assert users_with(Role.OWNER, acme) == [bob.id]
    assert actor_of(alice).grants == ({} if leave else {("organization", acme.id): (Role.ADMIN,)})
    assert Membership.objects.filter(user=alice).exists() is not leave
    event = AuditEvent.objects.get(verb="organization.handed_over")
    assert event.after == {"from": alice.id, "user": bob.id, "leaves": leave}
    assert event.comment == "new job"


def test_it_is_handed_to_a_member_who_can_sign_in_and_is_somebody_else(
    as_alice: Actor, acme: Organization, alice: User, bob: User, charlie: User
) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)

    for heir, reason in ((alice, "somebody else"), (charlie, "no member of Acme"), (bob, "cannot sign in")):
        with pytest.raises(Conflict, match=reason):
            services.hand_over(acme, to=heir, actor=as_alice)

    assert users_with(Role.OWNER, acme) == [alice.id]


def test_only_who_owns_it_hands_it_over(
    as_ada: Actor, system: Actor, acme: Organization, bob: User, alice: User
) -> None:
    for actor in (as_ada, system, Actor.anonymous()):
        with pytest.raises(NotAllowed):
            services.hand_over(acme, to=bob, actor=actor)

    alice.is_superuser = True
    services.set_role(acme, user=bob, role=Role.OWNER, actor=system)
    services.set_role(acme, user=alice, role=Role.ADMIN, actor=system)
    with pytest.raises(Conflict, match="does not own Acme"):
        services.hand_over(acme, to=bob, actor=actor_of(alice))
