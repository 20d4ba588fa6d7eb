"""Alerts on unexpected change."""

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from tenants import selectors, services
from tenants.api import schema
from tenants.api.bodies import read_members
from tenants.api.documents import alert_document
from tenants.api.doors import OrganizationView, created
from tenants.api.problems import found
from tenants.models import Alert
from tenants.models.base import is_id
from tenants.permissions import require

EDITABLE = {"name": str, "events": list, "by": list, "working_hours": dict, "recipients": list}
PLACE = {"project": str, "environment": str}


@schema.alerts
class Alerts(OrganizationView):
    """The alerts of an organization and of its parts, by name."""

    def get(self, request: Request, **names: str) -> Response:
        self.listed()
        require(self.actor, "organization.view", self.organization)
        alerts = selectors.alerts_of(self.actor, self.organization)
        return self.page(alerts, lambda page: [alert_document(alert) for alert in page], by="id")

    def post(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        given = read_members(body, {**EDITABLE, **PLACE}, required=["name"])
        scope = self.place(given)
        wanted = {name: value for name, value in given.items() if name in EDITABLE}
        alert = services.create_alert(scope=scope, **wanted, actor=self.actor, comment=comment)
        return created(alert_document(alert), reverse("tenants_api:alert", args=[self.organization.slug, alert.id]))


@schema.alert
class OneAlert(OrganizationView):
    """One alert: of what it tells, by whom, when, and to whom."""

    alert: Alert

    def find(self, **names: str) -> None:
        super().find(**names)
        asked = names["alert"]
        self.alert = found(selectors.find_alert(self.actor, self.organization, asked) if is_id(asked) else None)

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        return Response(alert_document(self.alert))

    def patch(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        given = read_members(body, EDITABLE)
        return Response(alert_document(services.edit_alert(self.alert, **given, actor=self.actor, comment=comment)))

    def delete(self, request: Request, **names: str) -> Response:
        services.delete_alert(self.alert, actor=self.actor, comment=self.comment_of_query())
        return Response(status=204)
