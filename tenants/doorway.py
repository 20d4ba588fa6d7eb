"""What a request reaches in the database: nothing to begin with, then what its login says."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from tenants import realm

Answering = Callable[[HttpRequest], HttpResponse]


def known_by_key(get_response: Answering) -> Answering:
    """For programs: their door says who they are, once it has looked at the key."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with realm.within(realm.NOTHING):
            return get_response(request)

    return middleware


def known_by_session(get_response: Answering) -> Answering:
    """For people, and for programs with a token: stands behind Django's AuthenticationMiddleware.

    Whoever has a session is looked up here, not when a page first asks, so that whatever comes after finds them known.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        with realm.within(realm.NOTHING):
            if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
                realm.become(realm.of_user(request.user.pk))
            return get_response(request)

    return middleware


def reach_as_person(user: Any, **_: Any) -> None:
    """Who signs in is known from then on, in the same request."""
    realm.become(realm.of_user(user.pk))
