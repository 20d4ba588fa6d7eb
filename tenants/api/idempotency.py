"""Idempotency-Key: the same POST sent again gets the same answer again, for 24 hours, and does nothing twice.

Answers are kept in the cache. Should one be lost, the services' own walls still stand: a key that exists is a 409.
"""

import hashlib
import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.cache import caches
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.actors import Actor
from tenants.api.problems import Refused, bad_request
from tenants.problems import Conflict

KEPT_SECONDS = 24 * 3600
# A process that died while it answered holds the key no longer than this.
PENDING_SECONDS = 60
USABLE = re.compile(r"[\x21-\x7e]{1,200}")
KEPT_HEADERS = ("Location", "ETag")

Result = TypeVar("Result")
log = logging.getLogger(__name__)


class Replayed(Exception):
    """The request was answered before; this is that answer."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request that is the first with its key."""

    name: str
    fingerprint: str

    def succeed(self, response: Response, data: Any) -> None:
        headers = {name: response[name] for name in KEPT_HEADERS if response.has_header(name)}
        answer = (response.status_code, data, headers)
        _kept_or_logged(lambda: caches["shared"].set(self.name, (self.fingerprint, answer), KEPT_SECONDS))

    def fail(self) -> None:
        """What was refused has changed nothing, so the key is free again."""
        _kept_or_logged(lambda: caches["shared"].delete(self.name))


def begin(actor: Actor, request: Request) -> Attempt | None:
    """None without an Idempotency-Key; raises `Replayed` for a request that was answered before."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not USABLE.fullmatch(key):
        raise bad_request("Idempotency-Key has 1 to 200 visible ASCII characters.")
    owner = f"{actor.kind}:{actor.id}:{key}"
    attempt = Attempt(f"idempotency:{hashlib.sha256(owner.encode()).hexdigest()}", _fingerprint(request))
    if not _or_unavailable(lambda: caches["shared"].add(attempt.name, (attempt.fingerprint, None), PENDING_SECONDS)):
        _replay(attempt)
    return attempt


def _replay(attempt: Attempt) -> None:
    fingerprint, answer = _or_unavailable(lambda: caches["shared"].get(attempt.name)) or (attempt.fingerprint, None)
    if fingerprint != attempt.fingerprint:
        detail = "This Idempotency-Key came with another request before. Take a new one for a new request."
        raise Refused(422, "idempotency-key-reused", "This Idempotency-Key was used", detail)
    if answer is None:
        raise Conflict("The first request with this Idempotency-Key is still being answered. Try again in a moment.")
    status, data, headers = answer
    raise Replayed(Response(data, status=status, headers=headers))


def _fingerprint(request: Request) -> str:
    asked = [request.get_full_path(), request.headers.get("If-Match"), request.data]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def _or_unavailable(ask: Callable[[], Result]) -> Result:
    """Without the cache nobody can tell whether the request was answered before."""
    try:
        return ask()
    except Exception as error:  # whatever the cache's client raises
        log.warning("the cache did not answer: %s", error)
        detail = "What came with this Idempotency-Key before cannot be looked up now. Nothing was done; try again."
        raise Refused(503, "unavailable", "Not possible now", detail, headers={"Retry-After": "2"}) from error


def _kept_or_logged(change: Callable[[], Any]) -> None:
    """The change itself is done by now, and says so."""
    try:
        change()
    except Exception as error:  # whatever the cache's client raises
        log.warning("an answer could not be kept under its Idempotency-Key: %s", error)
