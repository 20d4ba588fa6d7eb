"""The audit log, newest first."""

from rest_framework.request import Request
from rest_framework.response import Response

from tenants import selectors
from tenants.api import schema
from tenants.api.documents import audit_document
from tenants.api.doors import OrganizationView

# The filters of the list, and the columns that they look at.
COLUMNS = {
    "verb": "verb",
    "actor": "actor_id",
    "object": "object_name",
    "object_type": "object_type",
    "request_id": "request_id",
}


@schema.audit
class Audit(OrganizationView):
    """What was done in an organization, as far as the caller may know; newest first."""

    def get(self, request: Request, **names: str) -> Response:
        asked = self.listed(*COLUMNS)
        wanted = {COLUMNS[name]: value for name, value in asked.items() if name in COLUMNS}
        events = selectors.audit_of(self.actor, self.organization).filter(**wanted)
        return self.page(events, lambda page: [audit_document(event) for event in page], by="-position")
