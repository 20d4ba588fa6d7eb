"""`POST /api/v1/sdk/events`: telemetry of applications, one batch a request."""

from collections.abc import Sequence
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import cached_property
from rest_framework.request import Request

from analytics import services
from analytics.api import schema
from evaluation import sightings
from evaluation.api.doors import SdkView, body_of, lower_headers, respond
from evaluation.delivery.held import HeldKey
from evaluation.delivery.senders import SENDING_KINDS, Sender, sender_of, sending_key
from evaluation.manifest.admission import admit
from evaluation.manifest.below import organization_of
from evaluation.stream import service
from evaluation.wire.problems import no_such_environment, out_of_reach
from evaluation.wire.requests import query_pairs
from evaluation.wire.telemetry import read_batch


@schema.events
class Events(SdkView):
    """Take a batch: judge it, keep it in one row, say what was wrong with it."""

    authentication_classes: Sequence[Any] = []
    kinds = SENDING_KINDS

    @cached_property
    def key(self) -> HeldKey:
        """As for the rest of the SDK API; a page that is being left can set no header, so its key may stand in the query."""
        asked = self.request._request
        return sending_key(lower_headers(asked), _pairs(asked), admit)

    def post(self, request: Request) -> HttpResponse:
        sender = sender_of(self.key, _pairs(request._request))
        try:
            organization_id = _organization_of(sender)
            batch = read_batch(body_of(request._request))
            services.keep_batch(batch, sender, organization_id, now=timezone.now())
        except DatabaseError:
            raise out_of_reach() from None
        sightings.note_told(sender.environment_id, sender.key.id, batch.document)
        if sender.is_trusted and batch.instance:
            service.reach.note(sender.environment_id, batch.instance, batch.document["manifest"])
        return respond(batch.reply)


def _organization_of(sender: Sender) -> str:
    """Raises `Refused` (404) for an environment that lies outside of a relay key's scope."""
    if not sender.is_relay:
        return sender.key.organization_id
    organization_id = organization_of(sender.environment_id, sender.key)
    if organization_id is None:
        raise no_such_environment()
    return organization_id


def _pairs(request: HttpRequest) -> list[tuple[str, str]]:
    return query_pairs(request.META.get("QUERY_STRING", ""))
