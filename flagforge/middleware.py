"""What the requests of programs pass through."""

from collections.abc import Callable
from time import perf_counter

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from evaluation.delivery.tally import door_of
from evaluation.manifest.counting import count_answer
from evaluation.wire import ofrep
from evaluation.wire.ofrep_failures import failure
from evaluation.wire.problems import Problem, failed, problem, too_large
from evaluation.wire.replies import CORS_HEADERS, Reply


def counted(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Count the answer, by the door that gave it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        began = perf_counter()
        response = get_response(request)
        count_answer(_door_of(request.path), response.status_code, perf_counter() - began)
        return response

    return middleware


def _door_of(path: str) -> str:
    """People's pages and the management API are one door each."""
    door = door_of(path)
    if door != "other" or path.startswith(("/api/v1/sdk/", ofrep.ROOT)):
        return door
    return "management" if path.startswith("/api/v1/") else "pages"


def problems(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Where Django has only a page to say that something went wrong, say it as a problem that any origin may read."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code >= 400 and response.get("Content-Type", "").startswith("text/html"):
            _rewrite(response, _reply_of(_problem_of(response.status_code, request), request.path))
        return response

    return middleware


def _reply_of(problem: Problem, path: str) -> Reply:
    return failure(problem, path) if path.startswith(ofrep.ROOT) else problem


def _problem_of(status: int, request: HttpRequest) -> Problem:
    if status == 413:
        return too_large(settings.SDK_BODY_LIMIT)
    if status in PROBLEMS:
        return problem(status, *PROBLEMS[status])
    return failed(getattr(request, "request_id", ""))


PROBLEMS = {
    400: ("bad-request", "The request cannot be read", "Its address, host or headers are not well formed."),
    403: ("forbidden", "Forbidden", "This may not be done here."),
    404: ("no-such-address", "Nothing here", "There is no such address: see /api/docs/."),
    503: ("too-busy", "Too busy", "More requests wait here than can be answered soon. Try again in a second."),
}


def _rewrite(response: HttpResponse, reply: Reply) -> None:
    response.content = reply.body
    response["Content-Type"] = reply.content_type
    for name, value in (*CORS_HEADERS.items(), *reply.headers):
        response[name] = value
