"""The SDK API of the control plane: `flags`, `flags/<key>`, `ruleset`."""

from datetime import UTC, datetime

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from evaluation.api import schema
from evaluation.api.doors import SdkView, lower_headers, respond
from evaluation.manifest.admission import held_for
from evaluation.manifest.proof import proof_of
from evaluation.wire import sdk_api
from evaluation.wire.problems import out_of_reach, problem
from evaluation.wire.relays import environment_needed, no_environment_below
from tenants.models import ApiKey, Environment
from tenants.models.base import is_id


@schema.all_flags
class AllFlags(SdkView):
    """Every flag that the key may see, evaluated for one context."""

    def get(self, request: Request) -> HttpResponse:
        return self._answer()

    def post(self, request: Request) -> HttpResponse:
        return self._answer()

    def _answer(self) -> HttpResponse:
        headers, context = lower_headers(self.request._request), self.context()
        return self.finish(sdk_api.all_flags(self.view(), context, datetime.now(UTC), headers), context)


@schema.one_flag
class OneFlag(SdkView):
    """One flag, evaluated for one context."""

    def get(self, request: Request, key: str) -> HttpResponse:
        return self._answer(key)

    def post(self, request: Request, key: str) -> HttpResponse:
        return self._answer(key)

    def _answer(self, key: str) -> HttpResponse:
        headers, context = lower_headers(self.request._request), self.context()
        return self.finish(sdk_api.one_flag(self.view(), key, context, datetime.now(UTC), headers), context)


@schema.ruleset
class Ruleset(SdkView):
    """The environment's rules, exactly as they were published, for evaluation in the application."""

    kinds = (ApiKey.Kind.SERVER, ApiKey.Kind.RELAY)

    def get(self, request: Request) -> HttpResponse:
        held = held_for(self._environment_id(request))
        headers = lower_headers(request._request)
        return respond(sdk_api.ruleset(held.content, held.checksum, proof_of(held), headers))

    def _environment_id(self, request: Request) -> str:
        """A server key has one environment; a relay key names one below its scope."""
        asked = request.query_params.get("environment", "")
        if self.key.kind == ApiKey.Kind.SERVER:
            return self.key.environment_id
        if not asked:
            raise environment_needed()
        scope = {
            name: value
            for name, value in (
                ("organization_id", self.key.organization_id),
                ("project_id", self.key.project_id),
                ("id", self.key.environment_id),
            )
            if value
        }
        if not _exists(asked, scope):
            raise no_environment_below()
        return asked


def _exists(environment_id: str, scope: dict[str, str]) -> bool:
    if not is_id(environment_id):
        return False
    try:
        return bool(Environment.objects.filter(**scope).filter(id=environment_id).exists())
    except DatabaseError:
        raise out_of_reach() from None


def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Any other address below the SDK API."""
    return respond(problem(404, "no-such-address", "Nothing here", "The SDK API has no such address: see /api/docs/."))
