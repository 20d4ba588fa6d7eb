"""Who is signed in, asked for many sessions at once: what a page asks once, an open socket asks again and again."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from tenants.models import User

# Each note is two writes, so not every page makes one.
NOTED_EVERY_SECONDS = 300
NOTED = "last_seen"


def users_of(session_keys: Iterable[str], now: datetime) -> dict[str, User]:
    """The person behind each session that still holds, by session key; two queries, however many they are.

    A session ends with its row (logout, revocation), with its time, with its person, and when the password changes.
    """
    possible = {session_key for session_key in session_keys if session_key.isalnum()}  # PostgreSQL takes no NUL
    rows = Session.objects.filter(expire_date__gt=now).in_bulk(possible)
    claims = {session_key: row.get_decoded() for session_key, row in rows.items()}
    users: dict[str, User] = User.objects.in_bulk(
        {claim[SESSION_KEY] for claim in claims.values() if SESSION_KEY in claim}
    )
    return {session_key: users[claim[SESSION_KEY]] for session_key, claim in claims.items() if _holds(claim, users)}


def _holds(claim: Mapping[str, Any], users: Mapping[str, User]) -> bool:
    user = users.get(claim.get(SESSION_KEY, ""))
    if user is None or not user.is_active or BACKEND_SESSION_KEY not in claim:
        return False
    proofs = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(claim.get(HASH_SESSION_KEY, ""), proof) for proof in proofs)


def last_seen(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Note now and then that a session is used, and from where; that also makes its two weeks begin anew."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        user = getattr(request, "_cached_user", None)  # who was asked for already: nobody is looked up for this
        if user is not None and user.is_authenticated:
            _note(request, timezone.now())
        return response

    return middleware


def _note(request: HttpRequest, now: datetime) -> None:
    session = request.session
    if now.timestamp() - session.get(NOTED, 0) < NOTED_EVERY_SECONDS or not session.session_key:
        return
    session[NOTED] = now.timestamp()
    row = UserSession.objects.filter(session_key=session.session_key)
    row.update(last_seen_at=now, ip=get_adapter().get_client_ip(request))
