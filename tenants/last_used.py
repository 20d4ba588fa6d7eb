"""When API keys were used last: noted in memory, and written once a minute for all of them together."""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from django.db import DatabaseError
from django.db.models import Q

from tenants.models import ApiKey

# Several processes see the same key in the same minute; the first of them writes.
EXACT_ENOUGH = timedelta(seconds=45)
AT_ONCE = 500

_noted: dict[str, float] = {}


def note(api_key_id: str, at: float | None = None) -> None:
    """A key is used now, or was at that moment (seconds since the epoch). One assignment, safe in threads."""
    _noted[api_key_id] = time.time() if at is None else max(at, _noted.get(api_key_id, 0.0))


def write_noted(open_now: Iterable[str] = ()) -> None:
    """Write what was noted, and of keys that hold streams open that they are used now. What cannot be written stays noted."""
    global _noted
    noted, _noted = _noted, {}
    used = dict(noted) | dict.fromkeys(open_now, time.time())
    try:
        _write(used)
    except DatabaseError:
        for api_key_id, moment in used.items():
            note(api_key_id, moment)
        raise


def _write(used: Mapping[str, float]) -> None:
    """One statement for each minute and 500 keys; none of them in history, which is about what people did."""
    by_minute: defaultdict[datetime, list[str]] = defaultdict(list)
    for api_key_id, moment in used.items():
        by_minute[datetime.fromtimestamp(moment // 60 * 60, UTC)].append(api_key_id)
    for minute, ids in by_minute.items():
        older = Q(last_used_at__isnull=True) | Q(last_used_at__lt=minute - EXACT_ENOUGH)
        for start in range(0, len(ids), AT_ONCE):
            ApiKey.objects.filter(older, id__in=ids[start : start + AT_ONCE]).update(last_used_at=minute)
