"""Errors as problem JSON (RFC 9457)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from ..core.values import Fault
from .replies import Headers, Reply

PROBLEM_JSON = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem(Reply):
    """A reply that says what is wrong; `name` and `detail` are for doors that say it in other members (OFREP)."""

    name: str = ""
    detail: str = ""


class Refused(Exception):
    """A request that gets a problem for an answer."""

    def __init__(self, reply: Problem) -> None:
        super().__init__(reply.body.decode())
        self.reply = reply


def problem(
    status: int, name: str, title: str, detail: str, *, errors: Sequence[Fault] = (), headers: Headers = ()
) -> Problem:
    """`name` identifies the kind of problem for programs; title and detail are for people."""
    document: dict[str, object] = {"type": f"/problems/{name}", "title": title, "status": status, "detail": detail}
    if errors:
        document["errors"] = [{"path": fault.path, "message": fault.message} for fault in errors]
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
    return Problem(status, body, PROBLEM_JSON, headers, name, detail)


def bad_request(detail: str, *, errors: Sequence[Fault] = ()) -> Refused:
    return Refused(problem(400, "bad-request", "The request cannot be read", detail, errors=errors))


def bad_context(detail: str) -> Refused:
    return Refused(problem(400, "bad-context", "The context cannot be used", detail))


def no_key() -> Refused:
    detail = "Send an API key in the header X-API-Key, or as Authorization: Bearer <key>."
    return Refused(problem(401, "no-api-key", "An API key is needed", detail, headers=(WWW_AUTHENTICATE,)))


def bad_key() -> Refused:
    detail = "This API key is unknown, expired or revoked. Keys are listed on the environment's page of keys."
    return Refused(problem(401, "bad-api-key", "This API key does not work", detail, headers=(WWW_AUTHENTICATE,)))


def wrong_kind(kind: str, allowed: str) -> Refused:
    detail = f"This call takes a {allowed} key; a {kind} key came."
    return Refused(problem(403, "wrong-kind-of-key", "The wrong kind of API key", detail))


def secret_in_url() -> Refused:
    detail = "Only client keys and stream tokens may stand in a URL; send this key in the header X-API-Key."
    return Refused(problem(403, "secret-key-in-url", "A secret key in a URL", detail))


def no_such_environment() -> Refused:
    detail = "There is no such environment below this relay key's scope."
    return Refused(problem(404, "environment-not-found", "Unknown environment", detail))


def unknown_flag(key: str) -> Problem:
    detail = f'There is no flag "{key}" for this API key: unknown, archived, or not visible to client keys.'
    return problem(404, "flag-not-found", "Unknown flag", detail)


def nothing_published() -> Refused:
    detail = "This environment has nothing published yet. Try again in a second."
    return Refused(problem(503, "nothing-published", "Not ready", detail, headers=(("Retry-After", "1"),)))


def out_of_reach() -> Refused:
    detail = "The database is out of reach and this process does not know the key yet. Try again in some seconds."
    return Refused(problem(503, "out-of-reach", "Not ready", detail, headers=(("Retry-After", "2"),)))


def telemetry_is_full() -> Refused:
    detail = "Upstream is away and no more telemetry fits in here. Keep it, and send it again in some seconds."
    return Refused(problem(503, "telemetry-full", "Too much waits here", detail, headers=(("Retry-After", "5"),)))


def too_large(limit: int) -> Problem:
    return problem(413, "too-large", "The body is too large", f"At most {limit:,} bytes are read here.")


def method_not_allowed(allow: str) -> Problem:
    detail = f"This address takes {allow}."
    return problem(405, "method-not-allowed", "Method not allowed", detail, headers=(("Allow", allow),))


def failed(request_id: str = "") -> Problem:
    told = f" Tell the operator the request id {request_id}." if request_id else ""
    return problem(500, "internal-error", "Something broke here", f"The fault is ours, not your request's.{told}")


WWW_AUTHENTICATE = ("WWW-Authenticate", 'Bearer realm="FlagForge"')
