"""The entries of a chain in their order, a few at a time: of a million no more than these lie in memory."""

from collections.abc import Iterator
from typing import Any

from tenants import realm
from tenants.models import AuditEvent
from tenants.realm import Realm

AT_ONCE = 500


def in_order(events: Any, *, until: int | None = None) -> Iterator[AuditEvent]:
    """The events of one chain by position. Reaches what whoever calls reaches now, also when it is read after the request."""
    return _read(events if until is None else events.filter(position__lte=until), realm.current())


def _read(events: Any, reached: Realm) -> Iterator[AuditEvent]:
    behind = 0
    while True:
        with realm.within(reached):
            some = list(events.filter(position__gt=behind).order_by("position")[:AT_ONCE])
        yield from some
        if len(some) < AT_ONCE:
            return
        behind = some[-1].position
