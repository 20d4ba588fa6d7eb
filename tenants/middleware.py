"""What every request passes through."""

import logging
import re
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from tenants.models.base import new_id

log = logging.getLogger(__name__)

USABLE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def request_id(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Name the request, in the log, the audit and the answer; a sane name that a proxy gave it is kept."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        name = given if USABLE_REQUEST_ID.fullmatch(given) else new_id()
        request.request_id = name  # type: ignore[attr-defined]  # our one addition to Django's request
        with structlog.contextvars.bound_contextvars(request_id=name):
            response = get_response(request)
            if log.isEnabledFor(logging.DEBUG):
                said = {"method": request.method, "path": request.path, "status": response.status_code}
                log.debug("answered", extra=said)
        response["X-Request-Id"] = name
        return response

    return middleware


def content_security_policy(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """What a browser may load and run on our pages; a page whose library needs more has a policy of its own."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_loose = request.path.startswith(settings.LOOSE_PAGES)
        policy = settings.LOOSE_CONTENT_SECURITY_POLICY if is_loose else settings.CONTENT_SECURITY_POLICY
        response.headers.setdefault("Content-Security-Policy", policy)
        return response

    return middleware
