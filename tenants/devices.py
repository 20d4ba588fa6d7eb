"""Which browsers a person has signed in with before: each is known again by a signed cookie, and by nothing that it is.

The cookie holds a random id, the database its hash, so that neither alone says whose browser it is. Of each person the
newest `MOST_KNOWN` are remembered.
"""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from tenants.keys import sha256_of
from tenants.models import KnownDevice, User

COOKIE = "flagforge_device"
# Browsers keep none for longer.
COOKIE_SECONDS = 400 * 24 * 3600
MOST_KNOWN = 50
# Whoever has just signed up has no other device that this one could be compared with.
FRESH_ACCOUNT = timedelta(days=1)


def meet(request: HttpRequest, user: User, now: datetime) -> bool:
    """Remember the browser as this person's; whether it is news that somebody signs in with it."""
    known = KnownDevice.objects.filter(user=user)
    is_first = not known.exists() and now - user.date_joined < FRESH_ACCOUNT
    seen = {"first_seen_at": now, "last_seen_at": now}
    device, is_new = known.get_or_create(user=user, sha256=sha256_of(_id_of(request)), defaults=seen)
    if not is_new:
        known.filter(pk=device.pk).update(last_seen_at=now)
        return False
    newest = known.order_by("-last_seen_at", "-pk").values_list("pk", flat=True)[:MOST_KNOWN]
    known.exclude(pk__in=list(newest)).delete()
    return not is_first


def forget_all(user: User) -> None:
    """Every browser is a new one from now on."""
    KnownDevice.objects.filter(user=user).delete()


def _id_of(request: HttpRequest) -> str:
    """What its cookie says; a new id, which the answer gives it, where there is none of our making."""
    told: str | None = request.get_signed_cookie(COOKIE, default=None, salt=COOKIE)
    if told is None:
        told = request._new_device_id = secrets.token_urlsafe(24)  # type: ignore[attr-defined]  # for `recognizable`
    return told


def recognizable(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Give the browser its cookie, in the answer to the request that it signed in with."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if device_id := getattr(request, "_new_device_id", ""):
            response.set_signed_cookie(
                COOKIE,
                device_id,
                salt=COOKIE,
                max_age=COOKIE_SECONDS,
                httponly=True,
                samesite="Lax",
                secure=settings.SESSION_COOKIE_SECURE,
            )
        return response

    return middleware
