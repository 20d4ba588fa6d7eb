"""From batches to attributes seen: the contexts of a batch are added in the transaction that marks it, and leave it."""

import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from analytics.attributes import privacy, seen
from analytics.attributes.classes import classes_by_environment
from analytics.attributes.privacy import Told
from analytics.models import SeenAttribute, TelemetryBatch
from analytics.tallies import pressed, unpressed
from evaluation.wire.observed import Classes

# So many names an environment; those that only client keys told of, which anybody may have, take half of the room at most.
MOST_NAMES, MOST_OF_CLIENTS = 500, 250
FORGOTTEN_AT_ONCE = 500


class Sight(NamedTuple):
    """An attribute in a context, and when and from which kind of key that came."""

    told: Told
    kind: str
    at: datetime


def pressed_contexts(contexts: Iterable[Mapping[str, Any]], classes: Classes) -> bytes:
    """What a batch keeps of its contexts until they are counted; nothing where there are none."""
    kept = [privacy.kept(context, classes) for context in contexts]
    return zlib.compress(json.dumps(kept, separators=(",", ":")).encode(), 1) if kept else b""


def observe(batches: Iterable[TelemetryBatch], *, days: int) -> None:
    """Add the contexts of these batches, in the transaction that marks them; values older than so many days go."""
    sights: defaultdict[tuple[str, str], list[Sight]] = defaultdict(list)
    for batch in batches:
        if batch.contexts:
            told = [Told(*each) for context in json.loads(zlib.decompress(batch.contexts)) for each in context]
            place = batch.organization_id, batch.environment_id
            sights[place] += [Sight(each, batch.key_kind, batch.ended_at) for each in told]
    classes = classes_by_environment({environment for _, environment in sights}, hold=True)
    for place in sorted(sights):  # always in this order, so that nobody waits in a ring
        _add(
            *place, [sight._replace(told=privacy.again(sight.told, classes[place[1]])) for sight in sights[place]], days
        )


def _add(organization_id: str, environment_id: str, sights: list[Sight], days: int) -> None:
    by_name: defaultdict[str, list[Sight]] = defaultdict(list)
    for sight in sights:
        by_name[sight.told.name].append(sight)
    _make_rows(organization_id, environment_id, by_name)
    rows = SeenAttribute.with_deleted.filter(environment_id=environment_id, name__in=by_name)
    held = list(rows.select_for_update().order_by("name"))
    for row in held:
        _add_to(row, by_name[row.name], days)
    SeenAttribute.with_deleted.bulk_update(held, ["content", "first_seen", "last_seen"])


def _make_rows(organization_id: str, environment_id: str, by_name: Mapping[str, list[Sight]]) -> None:
    """For names that are new, as far as there is room for them."""
    known = set(SeenAttribute.with_deleted.filter(environment_id=environment_id).values_list("name", flat=True))
    of_servers = {name for name, sights in by_name.items() if any(sight.kind != "client" for sight in sights)}
    new = sorted(by_name.keys() - known, key=lambda name: (name not in of_servers, name))
    made: list[SeenAttribute] = []
    for name in new:
        if len(known) + len(made) < (MOST_NAMES if name in of_servers else MOST_OF_CLIENTS):
            first = min(sight.at for sight in by_name[name])
            made.append(
                SeenAttribute(
                    organization_id=organization_id,
                    environment_id=environment_id,
                    name=name,
                    first_seen=first,
                    last_seen=first,
                )
            )
    SeenAttribute.with_deleted.bulk_create(made, ignore_conflicts=True)


def _add_to(row: SeenAttribute, sights: Iterable[Sight], days: int) -> None:
    whole = unpressed(bytes(row.content))
    for told, kind, at in sights:
        day = at.toordinal()
        seen.add(whole, kind=kind, type_=told.type, token=told.token, hash_=told.hash, day=day)
        row.first_seen, row.last_seen = min(row.first_seen, at), max(row.last_seen, at)
    row.content = pressed(seen.without_old(whole, row.last_seen.toordinal() - days))


def forget(*, days: int, now: datetime) -> int:
    """Delete attributes that no context has had for so many days; returns how many."""
    old = SeenAttribute.with_deleted.filter(last_seen__lt=now - timedelta(days=days)).order_by("id")
    count = 0
    while ids := list(old.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE]):
        count += SeenAttribute.with_deleted.filter(pk__in=ids).delete()[0]
    return count
