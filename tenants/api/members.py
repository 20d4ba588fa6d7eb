"""Members: who belongs to an organization, and with which role."""

from rest_framework.request import Request
from rest_framework.response import Response

from tenants import selectors, services
from tenants.api import schema
from tenants.api.bodies import read_members
from tenants.api.documents import member_document
from tenants.api.doors import OrganizationView
from tenants.api.problems import found
from tenants.permissions import allowed
from tenants.selectors import Member


class MembersView(OrganizationView):
    def find(self, **names: str) -> None:
        """Who sees only a part of the organization does not see its people."""
        super().find(**names)
        found(self.organization if allowed(self.actor, "member.view", self.organization) else None)


@schema.members
class Members(MembersView):
    """The people of an organization, by name. `role` is that on the whole organization, null when there is none as wide."""

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        members = selectors.members_of(self.actor, self.organization)
        return Response({"next": None, "previous": None, "results": [member_document(one) for one in members]})


@schema.member
class OneMember(MembersView):
    """One member: their role on the whole organization."""

    member: Member

    def find(self, **names: str) -> None:
        super().find(**names)
        members = selectors.members_of(self.actor, self.organization)
        self.member = found(next((one for one in members if one.user.id == names["member"]), None))

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        return Response(member_document(self.member))

    def put(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        role = self.role_named(read_members(body, {"role": str}, required=["role"])["role"])
        user = self.member.user
        services.set_role(self.organization, user=user, role=role, actor=self.actor, comment=comment)
        return Response(member_document(Member(self.member.membership, user, role)))

    def delete(self, request: Request, **names: str) -> Response:
        comment = self.comment_of_query()
        services.remove_member(self.organization, user=self.member.user, actor=self.actor, comment=comment)
        return Response(status=204)
