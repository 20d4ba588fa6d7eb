"""What was deleted: the list, what goes for ever at once, and how far each purge is."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from tenants import deleted, services
from tenants.api import schema
from tenants.api.bodies import read_members
from tenants.api.documents import deleted_document, purge_document
from tenants.api.doors import ManagementView, OrganizationView
from tenants.api.problems import found
from tenants.models import Organization, Purge
from tenants.models.base import SoftDeleted


@schema.deleted
class DeletedThings(OrganizationView):
    """What the caller may bring back in an organization, the latest first; of each kind the newest 200."""

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        things = deleted.deleted_in(self.actor, self.organization)
        return Response({"results": [deleted_document(one) for one in things]})


class Ending(ManagementView):
    """What all that ends something for ever share."""

    thing: SoftDeleted

    def post(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        given = read_members(body, {"confirm": str}, required=["confirm"])
        purge = services.purge_now(self.thing, **given, actor=self.actor, comment=comment)
        return Response(purge_document(purge), status=202)


@schema.purge_deleted
class PurgeDeleted(Ending, OrganizationView):
    """Purge one thing at once that was deleted. Nothing brings it back."""

    def find(self, **names: str) -> None:
        super().find(**names)
        self.thing = found(deleted.find_deleted(self.actor, self.organization, names["deleted"]))


@schema.purge_organization
class PurgeOrganization(Ending):
    """Purge an organization at once that was deleted. Nothing brings it back."""

    thing: Organization

    def find(self, **names: str) -> None:
        self.thing = found(deleted.find_deleted_organization(self.actor, names["organization"]))


@schema.purges
class Purges(OrganizationView):
    """Purges of the last 30 days with their stages, the latest first."""

    def get(self, request: Request, **names: str) -> Response:
        self.listed()
        purges = deleted.purges_in(self.actor, self.organization)
        return self.page(purges, lambda page: [purge_document(one) for one in page], by="-id")


@schema.retry_purge
class RetryPurge(OrganizationView):
    """Try the stage that failed again at once."""

    purge: Purge

    def find(self, **names: str) -> None:
        super().find(**names)
        self.purge = found(self._purges().filter(pk=names["purge"]).first())

    def post(self, request: Request, **names: str) -> Response:
        services.retry_purge(self.purge, actor=self.actor, comment=self.read_comment_alone())
        return Response(purge_document(found(self._purges().filter(pk=self.purge.pk).first())))

    def _purges(self) -> Any:
        return deleted.purges_in(self.actor, self.organization)
