"""What this server saw lately of those who ask: the last evaluation of each environment, and keys that did not work.

Noted in memory, where that is due, by whoever answers; passed on to the other processes by way of the cache, if they share one.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache

from evaluation.delivery.held import HeldKey
from evaluation.wire.replies import Reply
from evaluation.wire.requests import json_object
from tenants.keys import sha256_of

# An environment that is asked ten thousand times a second is noted this often.
DUE_SECONDS = 1.0
KEPT_SECONDS, REFUSAL_KEPT_SECONDS = 86_400, 3_600
MOST, MOST_AT_ONCE = 10_000, 200
EVALUATED, MISSING, CONNECTED = "evaluated", "missing", "connected"
KIND_OF_STATUS = {200: EVALUATED, 304: EVALUATED, 404: MISSING}
# What a program says of itself is shown to people.
PROGRAM_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Sight:
    """`at` is in seconds since the epoch. `flag` is empty where all were asked for; `program` is what it calls itself."""

    at: float
    api_key_id: str
    program: str
    flag: str = ""
    variant: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A key that does not work: as much of it as is shown of any key, how long it was, and its hash; `address` is whence."""

    at: float
    begins: str
    length: int
    sha256: str
    address: str


_noted: dict[str, Sight | Refusal] = {}
_due_at: dict[str, float] = {}
_news: dict[str, None] = {}


def note_answer(key: HeldKey, flag: str, reply: Reply, meta: Mapping[str, Any]) -> None:
    """Somebody got an answer about one flag, or about all of them: "". Costs a look at a clock where nothing is due."""
    kind = KIND_OF_STATUS.get(reply.status)
    if kind is None or not key.environment_id or not _is_due(f"{kind}:{key.environment_id}"):
        return
    told = _answer_of(reply) if flag else {}
    variant, reason = (str(told.get(name) or "") for name in ("variant", "reason"))
    _keep(f"{kind}:{key.environment_id}", Sight(time.time(), key.id, program_of(meta), flag, variant, reason))


def note_told(environment_id: str, api_key_id: str, document: Mapping[str, Any]) -> None:
    """An application told what it evaluated itself; `document` is that of a batch."""
    sdk = document.get("sdk", {})
    program = f"{sdk.get('name', '')} {sdk.get('version', '')}".strip()[:PROGRAM_LENGTH]
    for count in document.get("counts", ())[-1:]:
        outcome = (str(count.get(name) or "") for name in ("flag", "variant", "reason"))
        _keep(f"{EVALUATED}:{environment_id}", Sight(time.time(), api_key_id, program, *outcome))
    for flag in list(document.get("unknown_flags", ()))[-1:]:
        _keep(f"{MISSING}:{environment_id}", Sight(time.time(), api_key_id, program, flag))


def note_stream(key: HeldKey, program: str, *, has_rules: bool) -> None:
    """An application hears of changes: it evaluates by itself, or gets all values for one context."""
    name = f"{CONNECTED if has_rules else EVALUATED}:{key.environment_id}"
    if _is_due(name):
        _keep(name, Sight(time.time(), key.id, program[:PROGRAM_LENGTH]))


def note_refusal(secret: str, address: str | None) -> None:
    """Somebody came with a key that does not work, or without one: "". The key itself is not kept."""
    refusal = Refusal(time.time(), begin_of(secret), len(secret), sha256_of(secret), address or "")
    for name in (f"refused:{refusal.begins}", f"refused@{refusal.address}"):
        if name not in ("refused:", "refused@") and _is_due(name):
            _keep(name, refusal)


def begin_of(secret: str) -> str:
    """As much of a key as is shown of any; "" for what does not look like one, which may be a secret of somewhere else."""
    kind, _, body = secret.removeprefix("ff_").partition("_")
    looks_like_one = secret.startswith("ff_") and kind in ("client", "server", "relay", "token")
    return f"ff_{kind}_{body[:8]}" if looks_like_one and body.isascii() and body.isprintable() else ""


def program_of(meta: Mapping[str, Any]) -> str:
    return str(meta.get("HTTP_USER_AGENT", ""))[:PROGRAM_LENGTH]


def find(kind: str, environment_id: str) -> Sight | None:
    """The last of that kind, in any process that shares the cache; None where there was none for a day."""
    found: Sight | None = _newest(f"{kind}:{environment_id}")
    return found


def find_refusal(*, begins: str = "", address: str = "") -> Refusal | None:
    """The last with such a beginning, or from there, within an hour."""
    found: Refusal | None = _newest(f"refused:{begins}" if begins else f"refused@{address}")
    return found if found is not None and found.at > time.time() - REFUSAL_KEPT_SECONDS else None


def has_news() -> bool:
    return bool(_news)


def pass_on() -> None:
    """To the other processes; those without a common cache know only what they saw themselves."""
    names = list(_news)[:MOST_AT_ONCE]
    for name in names:
        _news.pop(name, None)
        noted = _noted.get(name)
        if noted is not None and settings.REDIS_URL:
            kept = REFUSAL_KEPT_SECONDS if isinstance(noted, Refusal) else KEPT_SECONDS
            cache.set(f"sighting:{name}", noted, kept)


def forget_everything() -> None:
    """For tests that begin with an empty process."""
    _noted.clear()
    _due_at.clear()
    _news.clear()


def _newest(name: str) -> Any:
    there = cache.get(f"sighting:{name}") if settings.REDIS_URL else None
    found = [sight for sight in (_noted.get(name), there) if sight is not None]
    return max(found, key=lambda sight: sight.at, default=None)


def _is_due(name: str) -> bool:
    now = time.monotonic()
    if _due_at.get(name, 0.0) > now:
        return False
    _make_room(_due_at)
    _due_at[name] = now + DUE_SECONDS
    return True


def _keep(name: str, sight: Sight | Refusal) -> None:
    _noted.pop(name, None)  # to the end: the oldest make room
    _make_room(_noted)
    _noted[name] = sight
    if len(_news) < MOST:
        _news[name] = None


def _make_room(table: dict[str, Any]) -> None:
    while len(table) >= MOST:
        table.pop(next(iter(table)), None)


def _answer_of(reply: Reply) -> Mapping[str, Any]:
    return json_object(reply.body, "") if reply.status == 200 else {}
