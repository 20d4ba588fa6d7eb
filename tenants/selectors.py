"""What is there, for whom: look-ups that answer None, or nothing, for what the actor may not see."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q

from tenants import realm
from tenants.actors import Actor
from tenants.keys import sha256_of
from tenants.mfa_policy import has_factor
from tenants.models import (
    Alert,
    ApiKey,
    AuditCheckpoint,
    AuditEvent,
    CustomRole,
    Environment,
    Invitation,
    Membership,
    Organization,
    Project,
    Team,
    User,
    Webhook,
    WebhookDelivery,
)
from tenants.permissions import actors_of, allowed, holders_of, roles_on, roles_on_each, team_roles_on_each
from tenants.querysets import EnvironmentQuerySet, OrganizationQuerySet, ProjectQuerySet
from tenants.retention import can_come_back
from tenants.roles import AnyRole, Role

Place = Organization | Project | Environment

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
    """Those of the project that the actor sees, in their order, with what they lie in."""
    return Environment.objects.visible_to(actor).filter(project=project).select_related("project", "organization")


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
    return rows.filter(can_come_back()).order_by("-deleted_at")


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


def memberships_of(actor: Actor, organization: Organization, search: str = "") -> Any:
    """With their people, by name; `search` is a part of the name or of the address."""
    rows = Membership.objects.visible_to(actor).filter(organization=organization).select_related("user")
    if search:
        rows = rows.filter(Q(user__name__icontains=search) | Q(user__email__icontains=search))
    return rows.order_by("user__name", "user__email")


def members_of(actor: Actor, organization: Organization) -> list[Member]:
    """In two queries, however many they are."""
    roles = roles_on(organization)
    return [Member(row, row.user, roles.get(row.user_id)) for row in memberships_of(actor, organization)]


def members_without_factor(actor: Actor, organization: Organization) -> Any:
    """Whom the organization would shut out by asking for a second factor; a query when it is looked at."""
    rows = Membership.objects.visible_to(actor).filter(organization=organization).select_related("user")
    return rows.filter(~has_factor("user_id"), user__is_active=True).order_by("user__name", "user__email")


def places_of(actor: Actor, organization: Organization) -> list[Place]:
    """The organization, and the projects and environments in it that the actor sees; two queries."""
    places: list[Place] = [organization]
    for project in projects_with_counts(actor, organization):
        places += [project, *project.seen_environments]
    return places


def narrower_roles(places: Sequence[Place]) -> dict[str, list[tuple[Any, AnyRole]]]:
    """What people hold themselves on the projects and environments among the places, by user id; one query."""
    return roles_by_person([place for place in places if not isinstance(place, Organization)])


def roles_by_person(places: Sequence[Place]) -> dict[str, list[tuple[Any, AnyRole]]]:
    """What people hold themselves on these places, by user id and in the order of the places; one query."""
    found: dict[str, list[tuple[Any, AnyRole]]] = {}
    roles = roles_on_each(places)
    for place in places:
        for user_id, role in roles.get(place.pk, {}).items():
            found.setdefault(user_id, []).append((place, role))
    return found


def roles_of(actor: Actor, organization: Organization) -> Any:
    """Those that the organization made for itself, by name."""
    return CustomRole.objects.visible_to(actor).filter(organization=organization)


def find_role(actor: Actor, organization: Organization, key: str) -> CustomRole | None:
    found: CustomRole | None = roles_of(actor, organization).filter(key=key).first()
    return found


@dataclass(frozen=True, slots=True)
class Held:
    """Who or what holds a role of the organization, and where."""

    holder: User | Team | ApiKey | Invitation
    place: Place


def holders_of_role(actor: Actor, role: CustomRole) -> list[Held]:
    """People and teams, invitations that nobody accepted yet, and tokens that work; seven queries, however many there are."""
    places = {place.scopes[0]: place for place in places_of(actor, role.organization)}
    granted = holders_of(role)
    ids = [holder for holder, _ in granted]
    holders: dict[str | int, User | Team] = {
        **User.objects.in_bulk([one for one in ids if isinstance(one, str)]),
        **{team.group_id: team for team in Team.objects.filter(group__in=[one for one in ids if isinstance(one, int)])},
    }
    found = [Held(holders[one], places[scope]) for one, scope in granted if one in holders and scope in places]
    around = ("organization", "project", "environment__project")
    invitations = Invitation.objects.filter(custom_role=role, accepted_at__isnull=True).select_related(*around)
    tokens = ApiKey.objects.usable().filter(custom_role=role).select_related(*around)
    found += [Held(invitation, invitation.place) for invitation in invitations]
    return [*found, *(Held(token, token.environment or token.project or role.organization) for token in tokens)]


@dataclass(frozen=True, slots=True)
class TeamInFull:
    """A team, its people by name, and what it holds where."""

    team: Team
    people: list[User]
    roles: list[tuple[Place, AnyRole]]


def teams_of(actor: Actor, organization: Organization) -> Any:
    """By name, with their people: two queries, however many they are."""
    people = Prefetch("group__user_set", User.objects.order_by("name", "email"), to_attr="people")
    return (
        Team.objects.visible_to(actor)
        .filter(organization=organization)
        .select_related("group", "organization")
        .prefetch_related(people)
    )


def in_full(teams: Iterable[Team], places: Sequence[Place]) -> list[TeamInFull]:
    """Teams with what they hold on the places; one query. Their people are there where `teams_of` fetched them."""
    held = team_roles_on_each(places)
    return [
        TeamInFull(
            team,
            getattr(team.group, "people", []),
            [(place, held[place.pk][team.group_id]) for place in places if team.group_id in held.get(place.pk, ())],
        )
        for team in teams
    ]


def teams_of_person(actor: Actor, organization: Organization, user: User) -> Any:
    """By name, without the others who are in them."""
    teams = Team.objects.visible_to(actor).filter(organization=organization, group__user=user)
    return teams.select_related("group")


def teams_by_person(actor: Actor, organization: Organization) -> dict[str, list[Team]]:
    """In which teams people are, by user id; one query."""
    found: dict[str, list[Team]] = {}
    rows = Team.objects.visible_to(actor).filter(organization=organization, group__user__isnull=False)
    for team in rows.annotate(person=F("group__user")):
        found.setdefault(team.person, []).append(team)
    return found


def people_beside(team: TeamInFull) -> list[User]:
    """The members of the organization who are not in the team, by name."""
    members = User.objects.filter(memberships__organization=team.team.organization_id)
    return list(members.exclude(pk__in=[user.pk for user in team.people]).order_by("name", "email"))


def find_team(actor: Actor, organization: Organization, key: str) -> Team | None:
    found: Team | None = teams_of(actor, organization).filter(key=key).first()
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


def webhooks_of(actor: Actor, organization: Organization) -> Any:
    """Those of the organization and of its parts that the actor sees, by name."""
    webhooks = Webhook.objects.visible_to(actor).filter(organization=organization)
    return webhooks.select_related("organization", "project", "environment__project").order_by("name", "id")


def find_webhook(actor: Actor, organization: Organization, webhook_id: str) -> Webhook | None:
    found: Webhook | None = webhooks_of(actor, organization).filter(pk=webhook_id).first()
    return found


def deliveries_of(webhook: Webhook) -> Any:
    """The newest first; whoever sees the webhook sees them."""
    return WebhookDelivery.objects.filter(webhook=webhook).order_by("-id")


def find_delivery(webhook: Webhook, event_id: str) -> WebhookDelivery | None:
    found: WebhookDelivery | None = deliveries_of(webhook).filter(event_id=event_id).select_related("webhook").first()
    return found


def keepers_of(webhook: Webhook) -> list[User]:
    """The people who may put it right."""
    people = User.objects.filter(is_active=True, memberships__organization=webhook.organization).order_by("email")
    actors = actors_of(people)
    return [person for person in people if allowed(actors[person.pk], "webhook.edit", webhook)]


def alerts_of(actor: Actor, organization: Organization) -> Any:
    """Those of the organization and of its parts that the actor sees, by name."""
    alerts = Alert.objects.visible_to(actor).filter(organization=organization)
    return alerts.select_related("organization", "project", "environment__project").order_by("name", "id")


def find_alert(actor: Actor, organization: Organization, alert_id: str) -> Alert | None:
    found: Alert | None = alerts_of(actor, organization).filter(pk=alert_id).first()
    return found


def audit_of(actor: Actor, organization: Organization) -> Any:
    """What was done in the organization as far as the actor may know; newest first."""
    return AuditEvent.objects.visible_to(actor).filter(organization=organization).order_by("-position")


def checkpoints_of(actor: Actor, organization: Organization) -> Any:
    """Of its audit chain, the newest first."""
    return AuditCheckpoint.objects.visible_to(actor).filter(organization=organization).order_by("-id")


@dataclass(frozen=True, slots=True)
class OwnPlace:
    """An organization where somebody is a member: what they hold in it by themselves, and their teams there."""

    organization: Organization
    roles: list[tuple[Place, AnyRole]]
    teams: list[Team]
    is_last_owner: bool


def own_places(user: User) -> list[OwnPlace]:
    """By name, also where somebody is a member without any role."""
    rows = Membership.objects.filter(user=user).select_related("organization").order_by("organization__name")
    organizations = [row.organization for row in rows]
    parts = {"organization__in": organizations}
    projects = Project.objects.filter(**parts)
    environments = Environment.objects.filter(**parts).select_related("project")
    places: list[Place] = [*organizations, *projects, *environments]
    held = roles_on_each(places)
    teams = list(Team.objects.filter(group__user=user, **parts))
    return [
        OwnPlace(
            organization,
            [
                (place, held[place.pk][user.id])
                for place in places
                if organization.scopes[0] in place.scopes and user.id in held.get(place.pk, {})
            ],
            [team for team in teams if team.organization_id == organization.id],
            is_last_owner(organization, user),
        )
        for organization in organizations
    ]


def is_last_owner(organization: Organization, user: User) -> bool:
    """Whether nobody would own the organization without this person."""
    owners = {user_id for user_id, role in roles_on(organization).items() if role == Role.OWNER}
    others = User.objects.filter(pk__in=owners - {user.id}, is_active=True)
    return user.id in owners and not others.exists()


def heirs_of(organization: Organization, owner: User) -> list[User]:
    """The other members who can sign in, by name."""
    others = User.objects.filter(memberships__organization=organization, is_active=True).exclude(pk=owner.pk)
    return list(others.order_by("name", "email"))
