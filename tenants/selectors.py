"""What is there, for whom: look-ups that answer None, or nothing, for what the actor may not see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q

from tenants import realm
from tenants.actors import Actor
from tenants.keys import sha256_of
from tenants.mfa_policy import has_factor
from tenants.models import (
    ApiKey,
    AuditEvent,
    CustomRole,
    Environment,
    Invitation,
    Membership,
    Organization,
    Project,
    User,
)
from tenants.permissions import actors_of, allowed, roles_on, roles_on_each
from tenants.querysets import EnvironmentQuerySet, OrganizationQuerySet, ProjectQuerySet
from tenants.roles import AnyRole

# A key whose end is nearer than this wants a successor.
SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Member:
    """A person of an organization; the role is that on the whole organization, None when there is none as wide."""

    membership: Membership
    user: User
    role: AnyRole | None


def organizations_of(actor: Actor) -> Any:
    return Organization.objects.visible_to(actor).order_by("name", "id")


def find_organization(actor: Actor, slug: str) -> Organization | None:
    found: Organization | None = Organization.objects.visible_to(actor).filter(slug=slug).first()
    return found


def projects_of(actor: Actor, organization: Organization | None = None) -> Any:
    """The projects that the actor sees, in one organization or in all, by name."""
    projects = Project.objects.visible_to(actor).select_related("organization").order_by("name", "id")
    return projects if organization is None else projects.filter(organization=organization)


def projects_with_counts(actor: Actor, organization: Organization) -> Any:
    """With `flag_count`, and as `seen_environments` those that the actor sees: two queries for any number of projects."""
    environments = Prefetch("environments", Environment.objects.visible_to(actor), to_attr="seen_environments")
    flag_count = Count("flags", filter=Q(flags__deleted_at__isnull=True))
    return projects_of(actor, organization).annotate(flag_count=flag_count).prefetch_related(environments)


def environments_of(actor: Actor, project: Project) -> Any:
    """Those of the project that the actor sees, in their order."""
    return Environment.objects.visible_to(actor).filter(project=project)


def deleted_organizations(actor: Actor) -> Any:
    """Those that the actor may bring back, the latest first."""
    return _deleted(OrganizationQuerySet(Organization).visible_to(actor, "organization.delete"))


def deleted_projects(actor: Actor, organization: Organization) -> Any:
    projects = ProjectQuerySet(Project).visible_to(actor, "project.delete")
    return _deleted(projects.filter(organization=organization))


def deleted_environments(actor: Actor, project: Project) -> Any:
    environments = EnvironmentQuerySet(Environment).visible_to(actor, "environment.delete")
    return _deleted(environments.filter(project=project))


def _deleted(rows: Any) -> Any:
    return rows.filter(deleted_at__isnull=False).order_by("-deleted_at")


def find_project(actor: Actor, organization_slug: str, project_key: str) -> Project | None:
    found: Project | None = (
        Project.objects.visible_to(actor)
        .filter(organization__slug=organization_slug, key=project_key)
        .select_related("organization")
        .first()
    )
    return found


def find_environment(
    actor: Actor, organization_slug: str, project_key: str, environment_key: str
) -> Environment | None:
    """With its project and organization, in one query."""
    found: Environment | None = (
        Environment.objects.visible_to(actor)
        .filter(organization__slug=organization_slug, project__key=project_key, key=environment_key)
        .select_related("project", "organization")
        .first()
    )
    return found


def members_of(actor: Actor, organization: Organization) -> list[Member]:
    """In two queries, however many they are."""
    rows = Membership.objects.visible_to(actor).filter(organization=organization).select_related("user")
    roles = roles_on(organization)
    return [Member(row, row.user, roles.get(row.user_id)) for row in rows.order_by("user__name", "user__email")]


def members_without_factor(actor: Actor, organization: Organization) -> Any:
    """Whom the organization would shut out by asking for a second factor; a query when it is looked at."""
    rows = Membership.objects.visible_to(actor).filter(organization=organization).select_related("user")
    return rows.filter(~has_factor("user_id"), user__is_active=True).order_by("user__name", "user__email")


def places_of(actor: Actor, organization: Organization) -> list[Organization | Project | Environment]:
    """The organization, and the projects and environments in it that the actor sees; two queries."""
    places: list[Organization | Project | Environment] = [organization]
    for project in projects_with_counts(actor, organization):
        places += [project, *project.seen_environments]
    return places


def narrower_roles(places: Sequence[Organization | Project | Environment]) -> dict[str, list[tuple[Any, AnyRole]]]:
    """What people hold themselves on the projects and environments among the places, by user id; one query."""
    found: dict[str, list[tuple[Any, AnyRole]]] = {}
    parts = [place for place in places if not isinstance(place, Organization)]
    roles = roles_on_each(parts)
    for place in parts:
        for user_id, role in roles.get(place.pk, {}).items():
            found.setdefault(user_id, []).append((place, role))
    return found


def roles_of(actor: Actor, organization: Organization) -> Any:
    """Those that the organization made for itself, by name."""
    return CustomRole.objects.visible_to(actor).filter(organization=organization)


def find_role(actor: Actor, organization: Organization, key: str) -> CustomRole | None:
    found: CustomRole | None = roles_of(actor, organization).filter(key=key).first()
    return found


def invitations_of(actor: Actor, organization: Organization) -> Any:
    """Those that nobody accepted yet, expired ones too; newest first."""
    rows = Invitation.objects.visible_to(actor).filter(organization=organization, accepted_at__isnull=True)
    return rows.select_related("organization", "project", "environment__project", "custom_role").order_by("-id")


def find_invitation(secret: str) -> Invitation | None:
    """The one whose link holds the secret: who has it may see it, and reaches where it leads for the rest of the request."""
    token_hash, around = sha256_of(secret), ("organization", "project", "environment", "invited_by", "custom_role")
    with realm.within(realm.of_invitation(token_hash)):
        rows = Invitation.objects.filter(token_hash=token_hash, accepted_at__isnull=True)
        found: Invitation | None = rows.select_related(*around).first()
    if found is not None:
        realm.extend(realm.of_organization(found.organization_id))
    return found


def find_verified_user(email: str) -> User | None:
    """Whoever has shown that the address is theirs; an account alone does not: anybody can sign up with any address."""
    address = email.strip().lower()
    people = User.objects.filter(email=address, is_active=True)
    found: User | None = people.filter(emailaddress__email=address, emailaddress__verified=True).first()
    return found


def api_keys_of(actor: Actor, place: Organization | Project | Environment) -> Any:
    """The keys of the place and of what lies in it, revoked ones too; newest first."""
    kind, place_id = place.scopes[0]
    return ApiKey.objects.visible_to(actor).filter(**{f"{kind}_id": place_id}).order_by("-created_at", "-id")


def ending_keys(rows: Any, now: datetime, within: timedelta = SOON) -> Any:
    """Of these keys those that end soon, and have no successor yet."""
    followed = ApiKey.objects.filter(replaces=OuterRef("pk"), revoked_at__isnull=True)
    ending = rows.filter(revoked_at__isnull=True, expires_at__gt=now, expires_at__lte=now + within)
    return ending.filter(~Exists(followed))


def revokers_of(api_key: ApiKey) -> list[str]:
    """The addresses of the people who may revoke it; of a key of the whole instance, its superusers'."""
    people = User.objects.filter(is_active=True)
    if not api_key.scopes:
        return list(people.filter(is_superuser=True).values_list("email", flat=True))
    people = people.filter(memberships__organization=api_key.organization).order_by("email")
    actors = actors_of(people)
    return [person.email for person in people if allowed(actors[person.pk], "api_key.revoke", api_key)]


def audit_of(actor: Actor, organization: Organization) -> Any:
    """What was done in the organization as far as the actor may know; newest first."""
    return AuditEvent.objects.visible_to(actor).filter(organization=organization).order_by("-position")
