"""Organizations that ask for a second factor: whoever has none holds no role there until they set one up."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, Q

from tenants.actors import Grants
from tenants.models import Environment, Membership, Organization, Project, User

# Recovery codes stand in for a factor; they are none.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_second_factor(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user, type__in=FACTORS).exists())


def has_factor(person: str) -> Q:
    """For rows that name a person in that column: whether they have a second factor."""
    return Q(Exists(Authenticator.objects.filter(user=OuterRef(person), type__in=FACTORS)))


def lacking(person: str) -> Q:
    """For rows that name a person in that column: whether they lack what an organization of theirs asks for."""
    asked = Membership.objects.filter(user=OuterRef(person), organization__mfa_required=True)
    return Q(Exists(asked)) & ~has_factor(person)


def closed_to(user: Any) -> dict[str, Organization]:
    """The organizations, by slug, that are theirs and closed to them until they set up a second factor.

    A superuser reaches every organization, so all that ask for one count.
    """
    if has_second_factor(user):
        return {}
    asking = Organization.objects.filter(mfa_required=True)
    closed = asking if user.is_superuser else asking.filter(memberships__user=user)
    return {organization.slug: organization for organization in closed}


def without_closed(grants: Grants, user_id: str) -> Grants:
    """The grants of a person who lacks a second factor, without those in the organizations that ask for one."""
    asking = Organization.objects.filter(mfa_required=True, memberships__user=user_id).values("pk")
    places = (Organization.objects.filter(pk__in=asking), *(_below(model, asking) for model in (Project, Environment)))
    closed = {pk for rows in places for pk in rows.values_list("pk", flat=True)}
    return {scope: role for scope, role in grants.items() if scope[1] not in closed}


def _below(model: Any, organizations: Any) -> Any:
    return model.with_deleted.filter(organization__in=organizations)


def closes_everything_to(superuser: User) -> bool:
    """Whether somebody who reaches every organization lacks what one of them asks for."""
    asks = Organization.objects.filter(mfa_required=True).exists()
    return asks and not has_second_factor(superuser)
