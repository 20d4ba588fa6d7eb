"""What every view of the SDK API shares: a key for a login, problems for errors, and pages of any origin welcome."""

from collections.abc import Sequence
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.views import APIView

from evaluation import sightings
from evaluation.core.context import Context
from evaluation.delivery.held import HeldKey
from evaluation.delivery.observing import Observing, Watched
from evaluation.manifest.admission import admit, held_for, limiter, of_kind, realm_of, view_of
from evaluation.manifest.counting import count_for
from evaluation.wire.observed import ALL_OTHERS
from evaluation.wire.origins import require_origin
from evaluation.wire.problems import Problem, Refused, method_not_allowed, too_large
from evaluation.wire.replies import CORS_HEADERS, PREFLIGHT_HEADERS, Headers, Reply
from evaluation.wire.requests import api_key_of, context_of_body, context_of_query, query_pairs
from evaluation.wire.view import View
from tenants import realm
from tenants.addresses import address_of
from tenants.models import ApiKey

# What this process evaluates for others. Whoever keeps telemetry takes it from here, and classes it (`analytics.attributes`).
observing = Observing("flagforge-control-plane", {ALL_OTHERS: "plain"})


def respond(reply: Reply) -> HttpResponse:
    response = HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)
    for name, value in (*CORS_HEADERS.items(), *reply.headers):
        response[name] = value
    return response


def lower_headers(request: HttpRequest) -> dict[str, str]:
    """The request headers that the SDK API reads, by their names in lower case."""
    environ = request.META
    return {name: environ.get(source, "") for name, source in READ_HEADERS.items()}


READ_HEADERS = {
    "x-api-key": "HTTP_X_API_KEY",
    "authorization": "HTTP_AUTHORIZATION",
    "if-none-match": "HTTP_IF_NONE_MATCH",
    "origin": "HTTP_ORIGIN",
}


def require_origin_of(key: HeldKey, request: HttpRequest) -> None:
    if key.origins:
        require_origin(lower_headers(request), key.origins)


class SdkKeyAuthentication(BaseAuthentication):
    """`request.auth` is the `HeldKey` of X-API-Key or Authorization; of any kind, the views say which may do what."""

    def authenticate(self, request: Request) -> tuple[None, HeldKey]:
        return None, admit(api_key_of(lower_headers(request._request)), ApiKey.Kind.values)


class SdkView(APIView):
    authentication_classes: Sequence[Any] = [SdkKeyAuthentication]
    kinds: Sequence[str] = (ApiKey.Kind.CLIENT, ApiKey.Kind.SERVER)
    # What is left of the key's limits, as headers.
    left: Headers = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Preflights carry no key; everything else does. Nothing is negotiated: there is one representation."""
        if request.method != "OPTIONS":
            realm.become(realm_of(self.key))
            of_kind(self.key, self.kinds)
            require_origin_of(self.key, request._request)
            count_for(self.key.organization_id)
            self.left = limiter.admit(self.key)

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return respond(Reply(204, b"", headers=tuple(PREFLIGHT_HEADERS.items())))

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, Refused):
            if exc.reply.status == 401:
                sightings.note_refusal(api_key_of(lower_headers(self.request._request)), address_of(self.request))
            return self.refuse(exc.reply)
        if isinstance(exc, MethodNotAllowed):
            return self.refuse(method_not_allowed(", ".join(self.allowed_methods)))
        raise exc

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        for name, value in self.left:
            response[name] = value
        return super().finalize_response(request, response, *args, **kwargs)

    def refuse(self, problem: Problem) -> HttpResponse:
        return respond(problem)

    @property
    def key(self) -> HeldKey:
        key: Any = self.request.auth
        return cast(HeldKey, key)

    def finish(self, reply: Reply, context: Context) -> HttpResponse:
        """The response to a question that was evaluated; of some of them the context is told of."""
        sightings.note_answer(self.key, self.kwargs.get("key", ""), reply, self.request._request.META)
        if observing.is_due():
            observing.offer(Watched(self.key.environment_id, self.key.kind), context.attributes)
        return respond(reply)

    def view(self) -> View:
        return view_of(self.key, held_for(self.key.environment_id))

    def context(self) -> Context:
        request = self.request._request
        if request.method == "POST":
            return context_of_body(body_of(request))
        return context_of_query(query_pairs(request.META.get("QUERY_STRING", "")))


def body_of(request: HttpRequest) -> bytes:
    limit: int = settings.SDK_BODY_LIMIT
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdigit() and int(length) > limit:
        raise Refused(too_large(limit))
    body = request.read(limit + 1)
    if len(body) > limit:
        raise Refused(too_large(limit))
    return body
