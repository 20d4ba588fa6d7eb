"""Who is signed in, asked for many sessions at once: what a page asks once, an open socket asks again and again."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils.crypto import constant_time_compare

from tenants.models import User


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
