"""`GET /api/v1/sdk/relay/keys/<sha256>`: what a relay asks about a key that it was not told of yet."""

from django.db import DatabaseError
from django.http import HttpResponse
from rest_framework.request import Request

from evaluation.api import schema
from evaluation.api.doors import SdkView, respond
from evaluation.manifest.below import find_key_below
from evaluation.wire.problems import out_of_reach
from evaluation.wire.relays import told_key, unknown_key
from tenants.models import ApiKey


@schema.relay_key
class KeyBelow(SdkView):
    """One key by its hash. One beside the relay key's scope is as unknown as one that is not there."""

    kinds = (ApiKey.Kind.RELAY,)

    def get(self, request: Request, sha256: str) -> HttpResponse:
        try:
            found = find_key_below(self.key, sha256)
        except DatabaseError:
            raise out_of_reach() from None
        return respond(told_key(found) if found else unknown_key())
