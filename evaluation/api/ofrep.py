"""OpenFeature's door: `POST /ofrep/v1/evaluate/flags` and `…/flags/<key>`."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from evaluation.api import ofrep_schema
from evaluation.api.doors import SdkView, body_of, lower_headers, respond
from evaluation.core.context import Context
from evaluation.manifest.admission import held_at_least, view_of
from evaluation.wire import ofrep
from evaluation.wire.ofrep_failures import failure
from evaluation.wire.problems import Problem, problem


class OfrepView(SdkView):
    def refuse(self, problem: Problem) -> HttpResponse:
        return respond(failure(problem, self.request.path))

    def context(self) -> Context:
        return ofrep.context_of_body(body_of(self.request._request))


@ofrep_schema.all_flags
class AllFlags(OfrepView):
    """Every flag that the key may see, for clients that ask once per context and then listen."""

    def post(self, request: Request) -> HttpResponse:
        asked = request._request
        told = ofrep.told_version(asked.META.get("QUERY_STRING", ""))
        # Who was told of a version elsewhere must not be answered with an older one.
        view = view_of(self.key, held_at_least(self.key.environment_id, told or 0))
        context = self.context()
        return self.finish(ofrep.all_flags(view, context, datetime.now(UTC), lower_headers(asked), told), context)


@ofrep_schema.one_flag
class OneFlag(OfrepView):
    """One flag, for servers that ask for each decision."""

    def post(self, request: Request, key: str) -> HttpResponse:
        context = self.context()
        return self.finish(ofrep.one_flag(self.view(), key, context, datetime.now(UTC)), context)


def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Any other address below /ofrep/."""
    detail = f"Nothing here: OFREP is POST {ofrep.FLAGS} and POST {ofrep.FLAGS}/<key>."
    return respond(failure(problem(404, "no-such-address", "Nothing here", detail), request.path))
