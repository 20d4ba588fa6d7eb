"""Teams: made, renamed, deleted, joined, and what they may where. Nobody lets others hold together what they could not give."""

from django.contrib.auth.models import Group
from django.db import transaction

from tenants import audit, outbox
from tenants.actors import Actor
from tenants.changes import alter, check, insert, locked, remove, tidy
from tenants.models import Environment, Membership, Organization, Project, Team, User
from tenants.permissions import grant, require, roles_of_team, team_roles_on_each, withdraw
from tenants.problems import Conflict, Fault
from tenants.roles import AnyRole, Role
from tenants.services.giving import Place, lock, require_to_give, require_to_take, role_faults, still_there


def create_team(organization: Organization, *, key: str, name: str, actor: Actor, comment: str = "") -> Team:
    """Nobody is in it, and it holds nothing yet."""
    require(actor, "team.edit", organization)
    team = Team(organization=organization, key=key, name=tidy(name))
    check(team, comment)
    with transaction.atomic():
        locked(organization)
        team.group = Group.objects.create(name=f"team {team.id}")
        insert(team, actor=actor, comment=comment, taken=f'"{key}" exists already.')
        audit.record(actor, "team.created", team, None, {"key": key, "name": team.name}, comment=comment)
        outbox.put("team.created", organization, {"team": team.id})
    return team


def edit_team(team: Team, *, name: str | None = None, actor: Actor, comment: str = "") -> Team:
    """The key stays for ever."""
    require(actor, "team.edit", team)
    with transaction.atomic():
        team = locked(team)
        before, after = alter(team, {"name": tidy(name)}, actor=actor, comment=comment)
        if after:
            audit.record(actor, "team.edited", team, before, after, comment=comment)
            outbox.put("team.edited", team.organization, {"team": team.id})
    return team


def delete_team(team: Team, *, actor: Actor, comment: str = "") -> None:
    """For good. Its people stay members, with the roles that they hold themselves."""
    require(actor, "team.edit", team)
    check(None, comment)
    with transaction.atomic():
        organization = locked(team.organization)
        team = locked(team)
        _require_to_share(actor, team)
        before, team_id = {"key": team.key, "name": team.name, "people": _people_of(team)}, team.id
        group = team.group
        remove(team, actor=actor, comment=comment)
        group.delete()
        team.id = team_id  # Django forgets it with the row
        audit.record(actor, "team.deleted", team, before, None, comment=comment)
        outbox.put("team.deleted", organization, {"team": team_id})


def add_to_team(team: Team, *, user: User, actor: Actor, comment: str = "") -> None:
    """A member of the organization gets all that the team holds. One who is in it already stays."""
    require(actor, "team.edit", team)
    check(None, comment)
    with transaction.atomic():
        organization = locked(team.organization)
        team = locked(team)
        _require_to_share(actor, team)
        if not Membership.objects.filter(organization=organization, user=user).exists():
            raise Conflict(f"{user} is no member of {organization}: only members join its teams.")
        if user.id not in _people_of(team):
            team.group.user_set.add(user)
            _tell(actor, "team.member_added", team, None, {"user": user.id}, comment)


def remove_from_team(team: Team, *, user: User, actor: Actor, comment: str = "") -> None:
    """They lose what the team holds, and keep what they hold themselves. One who is not in it stays out."""
    require(actor, "team.edit", team)
    check(None, comment)
    with transaction.atomic():
        locked(team.organization)
        team = locked(team)
        _require_to_share(actor, team)
        if user.id in _people_of(team):
            _take_out(team, user, actor, comment)


def set_team_role(place: Place, *, team: Team, role: AnyRole, actor: Actor, comment: str = "") -> None:
    """Make this the one role of the team on the organization, a project or an environment; never owner."""
    require_to_give(actor, role, place)
    check(None, comment, faults=[*role_faults(role, place), *_team_faults(team, role, place)])
    with transaction.atomic():
        lock(place)
        team, role = locked(team), still_there(role)
        held = _held_by(team, place)
        if held == role:
            return
        if held is not None:
            require_to_take(actor, held, place)
        grant(team, role, place)
        _tell_role(actor, "team.role_set", place, team, held, role, comment)


def withdraw_team_role(place: Place, *, team: Team, actor: Actor, comment: str = "") -> None:
    """Take away what a team holds on this place itself."""
    require(actor, "member.edit", place)
    check(None, comment)
    with transaction.atomic():
        lock(place)
        team = locked(team)
        held = _held_by(team, place)
        if held is None:
            return
        require_to_take(actor, held, place)
        withdraw(team, place)
        _tell_role(actor, "team.role_withdrawn", place, team, held, None, comment)


def leave_teams(user: User, organization: Organization, *, actor: Actor, comment: str) -> None:
    """All of the organization's; the caller has the lock on it."""
    for team in _teams_of(user, organization):
        _take_out(team, user, actor, comment)


def require_to_take_from_teams(actor: Actor, user: User, organization: Organization) -> None:
    for team in _teams_of(user, organization):
        _require_to_share(actor, team)


def _teams_of(user: User, organization: Organization) -> list[Team]:
    return list(Team.objects.filter(organization=organization, group__user=user).select_related("group"))


def _require_to_share(actor: Actor, team: Team) -> None:
    """Raises `NotAllowed` unless the actor could give each role of the team to somebody, where the team holds it."""
    if actor.may_everything:
        return
    held = roles_of_team(team)
    for model in (Organization, Project, Environment):
        for place in model.with_deleted.filter(pk__in=[place_id for _, place_id in held]):
            require_to_give(actor, held[place.scopes[0]], place)


def _people_of(team: Team) -> list[str]:
    return sorted(team.group.user_set.values_list("pk", flat=True))


def _take_out(team: Team, user: User, actor: Actor, comment: str) -> None:
    team.group.user_set.remove(user)
    _tell(actor, "team.member_removed", team, {"user": user.id}, None, comment)


def _held_by(team: Team, place: Place) -> AnyRole | None:
    return team_roles_on_each([place]).get(place.pk, {}).get(team.group_id)


def _team_faults(team: Team, role: AnyRole, place: Place) -> list[Fault]:
    if role == Role.OWNER:
        return [Fault("role", "Owners are people, each by name.")]
    return [] if team.scopes[0] in place.scopes else [Fault("team", "It is no team of this organization.")]


def _tell(actor: Actor, verb: str, team: Team, before: object, after: object, comment: str) -> None:
    audit.record(actor, verb, team, before, after, comment=comment)
    outbox.put(verb, team.organization, {"team": team.id})


def _tell_role(
    actor: Actor, verb: str, place: Place, team: Team, before: AnyRole | None, after: AnyRole | None, comment: str
) -> None:
    def facts(role: AnyRole | None) -> dict[str, str | None]:
        return {"team": team.name, "role": role.label if role else None}

    audit.record(actor, verb, place, facts(before), facts(after), comment=comment)
    outbox.put(verb, team.organization, {"team": team.id})
