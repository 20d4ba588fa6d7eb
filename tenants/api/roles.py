"""Roles that an organization makes for itself."""

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from tenants import selectors, services
from tenants.api import schema
from tenants.api.bodies import read_members
from tenants.api.documents import role_document
from tenants.api.doors import OrganizationView, created
from tenants.api.problems import found
from tenants.models import CustomRole

EDITABLE = {"name": str, "description": str, "verbs": list}


@schema.roles
class Roles(OrganizationView):
    """The roles that an organization made for itself, by key. The four that are everywhere are not among them."""

    def get(self, request: Request, **names: str) -> Response:
        self.listed()
        roles = selectors.roles_of(self.actor, self.organization)
        return self.page(roles, lambda page: [role_document(role) for role in page], by="key")

    def post(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        given = read_members(body, {"key": str, **EDITABLE}, required=["key", "verbs"])
        given = {"name": given["key"], **given}
        role = services.create_role(self.organization, **given, actor=self.actor, comment=comment)
        return created(role_document(role), reverse("tenants_api:role", args=[self.organization.slug, role.key]))


@schema.role
class OneRole(OrganizationView):
    """One role. Whoever holds it feels at once what becomes of it."""

    role: CustomRole

    def find(self, **names: str) -> None:
        super().find(**names)
        self.role = found(selectors.find_role(self.actor, self.organization, names["role"]))

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        return Response(role_document(self.role))

    def patch(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        given = read_members(body, EDITABLE)
        return Response(role_document(services.edit_role(self.role, **given, actor=self.actor, comment=comment)))

    def delete(self, request: Request, **names: str) -> Response:
        services.delete_role(self.role, actor=self.actor, comment=self.comment_of_query())
        return Response(status=204)
