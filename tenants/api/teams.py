"""Teams: people of an organization who hold roles together."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from tenants import selectors, services
from tenants.api import schema
from tenants.api.bodies import read_members
from tenants.api.documents import team_document
from tenants.api.doors import OrganizationView, created
from tenants.api.problems import found
from tenants.models import Team, User


class TeamsView(OrganizationView):
    def documents(self, teams: Iterable[Team]) -> list[Any]:
        places = selectors.places_of(self.actor, self.organization)
        return [team_document(team) for team in selectors.in_full(teams, places)]


@schema.teams
class Teams(TeamsView):
    """The teams of an organization, by key, with their people and with the roles that the caller can see."""

    def get(self, request: Request, **names: str) -> Response:
        self.listed()
        return self.page(selectors.teams_of(self.actor, self.organization), self.documents, by="key")

    def post(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        given = read_members(body, {"key": str, "name": str}, required=["key"])
        given = {"name": given["key"], **given}
        team = services.create_team(self.organization, **given, actor=self.actor, comment=comment)
        (document,) = self.documents(selectors.teams_of(self.actor, self.organization).filter(pk=team.pk))
        return created(document, reverse("tenants_api:team", args=[self.organization.slug, team.key]))


class TeamView(TeamsView):
    team: Team

    def find(self, **names: str) -> None:
        super().find(**names)
        self.team = found(selectors.find_team(self.actor, self.organization, names["team"]))

    def answer(self) -> Response:
        """The team as it is now."""
        team = found(selectors.find_team(self.actor, self.organization, self.team.key))
        return Response(self.documents([team])[0])


@schema.team
class OneTeam(TeamView):
    """One team."""

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        return self.answer()

    def patch(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        given = read_members(body, {"name": str})
        services.edit_team(self.team, **given, actor=self.actor, comment=comment)
        return self.answer()

    def delete(self, request: Request, **names: str) -> Response:
        services.delete_team(self.team, actor=self.actor, comment=self.comment_of_query())
        return Response(status=204)


@schema.team_role
class RoleOfTeam(TeamView):
    """What a team holds on the organization, a project or an environment: one role on each."""

    def put(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        given = read_members(body, {"role": str, "project": str, "environment": str}, required=["role"])
        role, place = self.role_named(given["role"]), self.place(given)
        services.set_team_role(place, team=self.team, role=role, actor=self.actor, comment=comment)
        return self.answer()

    def delete(self, request: Request, **names: str) -> Response:
        asked = self.asked("project", "environment", "comment")
        comment = asked.pop("comment", "")
        services.withdraw_team_role(self.place(asked), team=self.team, actor=self.actor, comment=comment)
        return Response(status=204)


@schema.team_member
class OneOfTeam(TeamView):
    """Somebody's place in a team."""

    user: User

    def find(self, **names: str) -> None:
        super().find(**names)
        members = selectors.members_of(self.actor, self.organization)
        self.user = found(next((one.user for one in members if one.user.id == names["member"]), None))

    def put(self, request: Request, **names: str) -> Response:
        comment = self.read_comment_alone()
        services.add_to_team(self.team, user=self.user, actor=self.actor, comment=comment)
        return self.answer()

    def delete(self, request: Request, **names: str) -> Response:
        comment = self.comment_of_query()
        services.remove_from_team(self.team, user=self.user, actor=self.actor, comment=comment)
        return Response(status=204)
