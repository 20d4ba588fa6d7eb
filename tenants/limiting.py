"""The middleware that turns away whoever asks too often, before anything is looked for."""

import json
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tenants.buckets import Take
from tenants.rates import count_person_or_address, taken

API = "/api/v1/"
TITLE = "Too many requests"
Answer = Callable[[HttpRequest], HttpResponse]


def limited(get_response: Answer) -> Answer:
    """Whoever shows a token is counted where it is looked up (tenants.api.authentication), an SDK key at its own door."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path.startswith(settings.PROGRAM_PATHS):
            return get_response(request)
        is_api = request.path.startswith(API)
        if not (is_api and "Authorization" in request.headers):
            take = count_person_or_address(request)
            if take is not None and not take.is_admitted:
                return _turned_away(request, take, is_api)
        response = get_response(request)
        if is_api and (take := taken(request)):
            _tell(response, take)
        return response

    return middleware


def too_many(take: Take) -> str:
    """For people, in words."""
    whose = {"token": "This token", "person": "You", "address": "Your address", "trigger": "This trigger"}[
        take.policy.name
    ]
    seconds = f"{take.retry_after} second{'s' * (take.retry_after != 1)}"
    return f"{whose} may ask {take.policy.per_minute:,} times a minute. Come back in {seconds}."


def _turned_away(request: HttpRequest, take: Take, is_api: bool) -> HttpResponse:
    response = _problem(take) if is_api else _page(request, take)
    _tell(response, take)
    response["Retry-After"] = str(take.retry_after)
    response["Cache-Control"] = "private, no-store"
    return response


def _tell(response: HttpResponse, take: Take) -> None:
    for name, value in take.headers.items():
        response[name] = value


def _problem(take: Take) -> HttpResponse:
    document = {"type": "/problems/too-many-requests", "title": TITLE, "status": 429, "detail": too_many(take)}
    return HttpResponse(json.dumps(document), status=429, content_type="application/problem+json")


def _page(request: HttpRequest, take: Take) -> HttpResponse:
    """A toast where HTMX asked: a whole page does not belong into a part of one."""
    is_part = "HX-Request" in request.headers
    template = "tenants/_refused.html" if is_part else "429.html"
    response = render(request, template, {"complaints": [too_many(take)]}, status=429)
    response["HX-Reswap"] = "none"
    return response
