"""Errors of the management API as problem JSON (RFC 9457)."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.core.exceptions import ObjectDoesNotExist, RequestDataTooBig, SuspiciousOperation
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from tenants.permissions import NotAllowed
from tenants.problems import Conflict, Fault, Invalid, TooMany, VersionConflict

PROBLEM_JSON = "application/problem+json"
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="FlagForge"'}

Found = TypeVar("Found")


class Refused(Exception):
    """A request that gets this problem for an answer."""

    def __init__(
        self, status: int, name: str, title: str, detail: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.response = problem(status, name, title, detail, headers=headers)


def problem(
    status: int,
    name: str,
    title: str,
    detail: str,
    *,
    errors: Iterable[Fault] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """`name` identifies the kind of problem for programs; title and detail are for people."""
    document: dict[str, Any] = {
        "type": f"/problems/{name}",
        "title": title,
        "status": status,
        "detail": _unicode(detail),
    }
    if listed := [_fault_document(fault) for fault in errors]:
        document["errors"] = listed
    return Response(document, status=status, headers=headers, content_type=PROBLEM_JSON)


def _fault_document(fault: Fault) -> dict[str, Any]:
    place = {} if fault.line is None else {"line": fault.line, "column": fault.column}
    return {"path": _unicode(fault.path), "message": _unicode(fault.message)} | place


def _unicode(text: str) -> str:
    """A lone surrogate cannot be sent."""
    return text.encode("utf-8", "backslashreplace").decode()


def found(thing: Found | None) -> Found:
    """The thing; what is not there, and what the actor may not see, is the same 404."""
    if thing is None:
        raise Http404
    return thing


def not_found() -> Response:
    return problem(404, "not-found", "Nothing here", "There is no such thing, or you may not see it.")


def refuse(path: str, message: str) -> Invalid:
    """To be raised: one fault, at one path."""
    return Invalid([Fault(path, message)])


def bad_request(detail: str) -> Refused:
    return Refused(400, "bad-request", "The request cannot be read", detail)


def answer_to(error: Exception) -> Response | None:
    """The problem that tells of the error; None when it is ours and not the caller's."""
    if isinstance(error, Refused):
        return error.response
    if isinstance(error, Invalid):
        return problem(400, "invalid", "This cannot be stored", _summary(error), errors=error.faults)
    if isinstance(error, Http404 | ObjectDoesNotExist):
        return not_found()
    for kind, status, name, title in ANSWERS:
        if isinstance(error, kind):
            return problem(status, name, title, str(getattr(error, "detail", error)), headers=_headers_of(status))
    return None


ANSWERS: tuple[tuple[type[Exception], int, str, str], ...] = (
    (NotAllowed, 403, "not-allowed", "You may not do this"),
    (VersionConflict, 409, "version-conflict", "Somebody saved first"),
    (Conflict, 409, "conflict", "It meets what is there already"),
    (TooMany, 409, "limit-reached", "A limit is reached"),
    (exceptions.ParseError, 400, "bad-request", "The request cannot be read"),
    (exceptions.UnsupportedMediaType, 415, "unsupported-media-type", "Bodies are application/json"),
    (exceptions.NotAuthenticated, 401, "not-authenticated", "Who are you?"),
    (exceptions.AuthenticationFailed, 401, "bad-api-key", "This API key does not work"),
    (exceptions.PermissionDenied, 403, "csrf", "This may not come from you"),
    (RequestDataTooBig, 413, "too-large", "The body is too large"),
    (SuspiciousOperation, 400, "bad-request", "The request cannot be read"),
)


def _headers_of(status: int) -> Mapping[str, str] | None:
    return CHALLENGE if status == 401 else None


def _summary(error: Invalid) -> str:
    first = error.faults[0]
    more = f" (and {len(error.faults) - 1} more)" if len(error.faults) > 1 else ""
    return f"{first.path}: {first.message}{more}" if first.path else f"{first.message}{more}"
