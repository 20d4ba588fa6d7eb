"""How much an organization may have and has."""

from rest_framework.request import Request
from rest_framework.response import Response

from tenants import services
from tenants.api import schema
from tenants.api.bodies import read_members
from tenants.api.documents import limits_document
from tenants.api.doors import OrganizationView
from tenants.permissions import require
from tenants.usage import usages_of


@schema.limits
class Limits(OrganizationView):
    """The limits of an organization, and how much of each is used."""

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        require(self.actor, "organization.view", self.organization)
        return Response(limits_document(self.organization, usages_of(self.organization)))

    def put(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        body.pop("usage", None)  # only answers have it
        given = read_members(body, {"limits": dict}, required=["limits"])
        changed = services.set_limits(self.organization, **given, actor=self.actor, comment=comment)
        return Response(limits_document(changed, usages_of(changed)))
