"""Webhooks, whose secret is shown when it is made and never again; and what became of each event."""

from datetime import timedelta
from typing import Any

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from tenants import selectors, services
from tenants.api import schema
from tenants.api.bodies import read_members, read_moment
from tenants.api.documents import delivery_document, webhook_document
from tenants.api.doors import OrganizationView, created
from tenants.api.problems import found, refuse
from tenants.models import Webhook, WebhookDelivery
from tenants.models.base import is_id
from tenants.permissions import require
from tenants.services.webhooks import LONGEST_OVERLAP

EDITABLE = {"name": str, "url": str, "format": str, "events": list, "flags": list, "tags": list}
PLACE = {"project": str, "environment": str}
STATES = WebhookDelivery.State.values


@schema.webhooks
class Webhooks(OrganizationView):
    """The webhooks of an organization and of its parts, by name."""

    def get(self, request: Request, **names: str) -> Response:
        self.listed()
        require(self.actor, "organization.view", self.organization)
        webhooks = selectors.webhooks_of(self.actor, self.organization)
        return self.page(webhooks, lambda page: [webhook_document(webhook) for webhook in page], by="id")

    def post(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        given = read_members(body, {**EDITABLE, **PLACE}, required=["name", "url"])
        scope = self.place(given)
        wanted = {name: value for name, value in given.items() if name in EDITABLE}
        webhook, secret = services.create_webhook(scope=scope, **wanted, actor=self.actor, comment=comment)
        address = reverse("tenants_api:webhook", args=[self.organization.slug, webhook.id])
        return created(webhook_document(webhook, secret), address)

    def to_keep(self, data: Any) -> Any:
        """A repeated request shows the webhook again and its secret never."""
        return data | {"secret": None}


class WebhookView(OrganizationView):
    webhook: Webhook

    def find(self, **names: str) -> None:
        super().find(**names)
        asked = names["webhook"]
        self.webhook = found(selectors.find_webhook(self.actor, self.organization, asked) if is_id(asked) else None)


@schema.webhook
class OneWebhook(WebhookView):
    """One webhook. Nothing shows its secret again; its URL is shown to whoever sees it."""

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        return Response(webhook_document(self.webhook))

    def patch(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        given = read_members(body, {**EDITABLE, "is_enabled": bool})
        is_enabled = given.pop("is_enabled", None)
        webhook = services.edit_webhook(self.webhook, **given, actor=self.actor, comment=comment)
        if is_enabled is not None:
            switch = services.enable_webhook if is_enabled else services.disable_webhook
            webhook = switch(webhook, actor=self.actor, comment=comment)
        return Response(webhook_document(webhook))

    def delete(self, request: Request, **names: str) -> Response:
        services.delete_webhook(self.webhook, actor=self.actor, comment=self.comment_of_query())
        return Response(status=204)


@schema.rotate_webhook
class Rotate(WebhookView):
    """Give a webhook another secret; both sign as long as the overlap lasts."""

    def post(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        seconds = read_members(body, {"overlap_seconds": int}, required=["overlap_seconds"])["overlap_seconds"]
        longest = LONGEST_OVERLAP
        if not 0 <= seconds <= longest.total_seconds():
            raise refuse("overlap_seconds", f"from 0 to {longest.total_seconds():.0f}, which are {longest.days} days")
        overlap = timedelta(seconds=seconds)
        webhook, secret = services.rotate_webhook(self.webhook, overlap=overlap, actor=self.actor, comment=comment)
        return Response(webhook_document(webhook, secret))

    def to_keep(self, data: Any) -> Any:
        return data | {"secret": None}


@schema.test_webhook
class Test(WebhookView):
    """Send a `webhook.tested` now. What became of it is in the list of deliveries a moment later."""

    def post(self, request: Request, **names: str) -> Response:
        comment = self.read_comment_alone()
        return Response(delivery_document(services.test_webhook(self.webhook, actor=self.actor, comment=comment)))


@schema.replay_webhook
class Replay(WebhookView):
    """Send all again that were given up and happened since a moment."""

    def post(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        since = read_moment("since", read_members(body, {"since": str}, required=["since"])["since"])
        count = services.replay_failed(self.webhook, since=since, actor=self.actor, comment=comment)
        return Response({"deliveries": count})


@schema.deliveries
class Deliveries(WebhookView):
    """What was sent to a webhook, or waits, newest first."""

    def get(self, request: Request, **names: str) -> Response:
        state = self.listed("state").get("state")
        if state is not None and state not in STATES:
            raise refuse("state", f"choose one of {', '.join(STATES)}")
        rows = selectors.deliveries_of(self.webhook)
        rows = rows.filter(state=state) if state else rows
        return self.page(rows, lambda page: [delivery_document(one) for one in page], by="-id")


class DeliveryView(WebhookView):
    delivery: WebhookDelivery

    def find(self, **names: str) -> None:
        super().find(**names)
        self.delivery = found(selectors.find_delivery(self.webhook, names["event"]))


@schema.delivery
class OneDelivery(DeliveryView):
    """One event for a webhook: every attempt, what was sent, and how the last answer began."""

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        return Response(delivery_document(self.delivery))


@schema.replay_delivery
class ReplayOne(DeliveryView):
    """Send it again with the same id, whatever became of it; one that waits is tried at once."""

    def post(self, request: Request, **names: str) -> Response:
        services.replay_delivery(self.delivery, actor=self.actor, comment=self.read_comment_alone())
        self.delivery.refresh_from_db()
        return Response(delivery_document(self.delivery))
