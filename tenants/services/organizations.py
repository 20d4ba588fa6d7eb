"""Organizations: made, renamed, deleted and brought back."""

from django.db import transaction

from tenants import audit, outbox, realm
from tenants.actors import Actor
from tenants.changes import alter, bring_back, check, hide, insert, locked, locked_deleted, refuse_taken, tidy
from tenants.mfa_policy import has_second_factor
from tenants.models import Environment, Membership, Organization, User
from tenants.permissions import NotAllowed, grant, require
from tenants.problems import Conflict
from tenants.roles import Role


def create_organization(*, slug: str, name: str, owner: User, actor: Actor, comment: str = "") -> Organization:
    """A new tenant, and its first member as owner. Everybody may found one for themselves."""
    organization = Organization(slug=slug, name=tidy(name))
    if not actor.may_everything and (actor.kind, actor.id) != ("user", owner.id):
        raise NotAllowed(actor, "organization.create", organization, "people found organizations for themselves only")
    check(organization, comment)
    with realm.everything():
        taken = Organization.with_deleted.filter(slug=slug).first()
    realm.extend(realm.of_organization(organization.id))
    with transaction.atomic():
        refuse_taken(taken, slug)
        insert(organization, actor=actor, comment=comment, taken=f'"{slug}" exists already.')
        membership = Membership(organization=organization, user=owner)
        insert(membership, actor=actor, comment=comment, taken=f"{owner} is a member already.")
        grant(owner, Role.OWNER, organization)
        after = {"slug": slug, "name": organization.name, "owner": owner.id}
        audit.record(actor, "organization.created", organization, None, after, comment=comment)
        outbox.put("organization.created", organization)
    return organization


def rename_organization(organization: Organization, *, name: str, actor: Actor, comment: str = "") -> Organization:
    require(actor, "organization.edit", organization)
    with transaction.atomic():
        organization = locked(organization)
        before, after = alter(organization, {"name": tidy(name)}, actor=actor, comment=comment)
        if after:
            audit.record(actor, "organization.renamed", organization, before, after, comment=comment)
            outbox.put("organization.renamed", organization)
    return organization


def set_mfa_policy(organization: Organization, *, required: bool, actor: Actor, comment: str = "") -> Organization:
    """Whether everybody needs a second factor to see anything of it. Whoever turns that on has one; tokens are no people."""
    require(actor, "mfa_policy.edit", organization)
    if actor.kind == "api_key":
        raise NotAllowed(actor, "mfa_policy.edit", organization, "only people decide it")
    if required and actor.user is not None and not has_second_factor(actor.user):
        raise Conflict("Set up a second factor of your own first: you would shut yourself out.")
    with transaction.atomic():
        organization = locked(organization)
        before, after = alter(organization, {"mfa_required": required}, actor=actor, comment=comment)
        if after:
            audit.record(actor, "organization.mfa_policy_set", organization, before, after, comment=comment)
            outbox.put("organization.mfa_policy_set", organization)
    return organization


def delete_organization(organization: Organization, *, actor: Actor, comment: str = "") -> None:
    """Hide it with everything in it. Its keys stop working; its slug stays reserved until the purge."""
    require(actor, "organization.delete", organization)
    check(None, comment)
    with transaction.atomic():
        organization = locked(organization)
        environments = list(Environment.objects.filter(organization=organization))
        hide(organization, actor=actor, comment=comment)
        audit.record(actor, "organization.deleted", organization, comment=comment)
        outbox.put_everywhere("organization.deleted", environments)


def undelete_organization(organization: Organization, *, actor: Actor, comment: str = "") -> Organization:
    """Bring it back with all that was not deleted by itself; a living one is left as it is."""
    require(actor, "organization.delete", organization)
    check(None, comment)
    with transaction.atomic():
        organization = locked_deleted(organization)
        if organization.deleted_at is None:
            return organization
        bring_back(organization, retention_days=organization.retention_days, actor=actor, comment=comment)
        audit.record(actor, "organization.undeleted", organization, comment=comment)
        outbox.put_everywhere("organization.undeleted", Environment.objects.filter(organization=organization))
    return organization
