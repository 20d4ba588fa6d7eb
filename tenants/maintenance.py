"""Maintenance: nothing of the control plane is changed, while applications go on getting their values.

One middleware stands before every door of people and of the management API; what the worker would do by itself waits.
Evaluation, streams, telemetry and reports of relays (PROGRAM_PATHS) are not touched.
"""

import json
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve

from tenants import runtime

RETRY_SECONDS = 30
TITLE = "Maintenance"
API = "/api/v1/"
READING = {"GET", "HEAD", "OPTIONS", "TRACE"}
# Signing in and out, what only reads though it is asked by POST, and the page that ends it.
OPEN = {
    *("account_login", "account_logout", "account_reauthenticate", "account_confirm_login_code"),
    *("mfa_authenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn", "mfa_login_webauthn"),
    *("admin:login", "admin:logout", "tenants:theme", "system:configuration"),
    *("playground:playground", "evaluation_api:playground", "flags:review"),
}
Answer = Callable[[HttpRequest], HttpResponse]
Parameters = ParamSpec("Parameters")


def is_on() -> bool:
    """In this process; from memory."""
    return runtime.value("maintenance") is True


def told() -> str:
    """For people, and for programs."""
    reason = str(runtime.value("maintenance_reason")).strip().rstrip(".")
    why = f" ({reason})" if reason else ""
    return (
        f"FlagForge is in maintenance{why}: nothing can be changed until it ends. "
        "Applications go on getting their values. Try again later."
    )


def read_only(get_response: Answer) -> Answer:
    """Middleware: refuses what would change something, with 503, before it is looked at."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method in READING or not is_on() or _is_open(request):
            return get_response(request)
        return _refusal(request)

    return middleware


def waits_for_its_end(task: Callable[Parameters, int]) -> Callable[Parameters, int]:
    """A task of the timetable that does nothing meanwhile; what it looks for is still there afterwards."""

    @wraps(task)
    def held(*args: Parameters.args, **names: Parameters.kwargs) -> int:
        return 0 if is_on() else task(*args, **names)

    return held


def _is_open(request: HttpRequest) -> bool:
    if request.path.startswith(settings.PROGRAM_PATHS):
        return True
    try:
        return resolve(request.path_info).view_name in OPEN
    except Resolver404:
        return False


def _refusal(request: HttpRequest) -> HttpResponse:
    response = _problem() if request.path.startswith(API) else _page(request)
    response["Retry-After"] = str(RETRY_SECONDS)
    response["Cache-Control"] = "private, no-store"
    return response


def _problem() -> HttpResponse:
    document = {"type": "/problems/maintenance", "title": TITLE, "status": 503, "detail": told()}
    return HttpResponse(json.dumps(document), status=503, content_type="application/problem+json")


def _page(request: HttpRequest) -> HttpResponse:
    """A toast where HTMX asked: a whole page does not belong into a part of one."""
    template = "tenants/_refused.html" if "HX-Request" in request.headers else "maintenance.html"
    response = render(request, template, {"complaints": [told()]}, status=503)
    response["HX-Reswap"] = "none"
    return response
