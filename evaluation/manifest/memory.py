"""The rulesets that this process serves from, compiled, one per environment.

A reader takes one `Held` and works with it to the end: it is replaced whole, in one assignment, never changed.
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable

from django.db import DatabaseError

from evaluation.core.manifest import InvalidManifest, read_manifest
from evaluation.delivery.held import Held
from evaluation.manifest import cache, counting, fetch, sign
from evaluation.manifest.cache import Published
from evaluation.models import ManifestHead, ManifestVersion
from evaluation.wire import spans
from tenants import outbox, realm, tracing

log = logging.getLogger(__name__)


_held: dict[str, Held] = {}
# Loading asks the database, and may publish on its way; swapping is only an assignment, so it never waits for a load.
_loading: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
_swapping = threading.Lock()
_observers: list[Callable[[Held], None]] = []
# When the database last said that what is held is the newest version, in seconds since the epoch.
_confirmed: dict[str, float] = {}
# When somebody last looked because of a client's word, on the monotonic clock.
_looked_at: dict[str, float] = {}
LOOK_SECONDS = 1.0


def held(environment_id: str) -> Held | None:
    """From memory alone: no I/O, safe on an event loop."""
    return _held.get(environment_id)


def confirmed_at(environment_id: str) -> float:
    """When what is held was surely the newest version, in seconds since the epoch; 0 when nobody could be asked."""
    return _confirmed.get(environment_id, 0.0)


def load(environment_id: str) -> Held | None:
    """Held already, or fetched now; None when the environment has nothing published and cannot have."""
    known = _held.get(environment_id)
    counting.reads["rules", known is not None] += 1
    return known or _load(environment_id)


@realm.everything()
def _load(environment_id: str) -> Held | None:
    with _loading[environment_id]:
        if environment_id in _held:
            return _held[environment_id]
        sign.warm()  # first: what is fetched is verified
        published = _fetch(environment_id)
        return _swapped_in(published) if published else None


def _fetch(environment_id: str) -> Published | None:
    """The newest manifest; the cached one also if nobody can ask the database whether it is the newest."""
    asked = time.time()
    try:
        head = _head(environment_id)
        if head is None:
            return None
        published = fetch.newest(head)
        _confirmed[environment_id] = asked
        return published
    except DatabaseError:
        cached = fetch.without_database(environment_id)
        if cached is None:
            raise
        log.warning("the database is out of reach; environment %s is served from the cache", environment_id)
        return cached


def _head(environment_id: str) -> ManifestHead | None:
    heads = ManifestHead.objects.filter(environment_id=environment_id)
    head: ManifestHead | None = heads.first()
    if head is None:
        outbox.drain()  # a young environment whose first publication nobody has come to yet
        head = heads.all().first()
    return head


def _swapped_in(published: Published, traceparent: str = "") -> Held:
    """Held from now on, unless something newer is; what did not change since the version before is compiled already."""
    before = _held.get(published.environment_id)
    fresh = Held(
        published.environment_id,
        published.version,
        published.checksum,
        published.content,
        read_manifest(published.content, before=before.ruleset if before else None),
        published.signature,
        traceparent,
    )
    with _swapping:
        known = _held.get(fresh.environment_id)
        if known is not None and known.version >= fresh.version:
            return known
        _held[fresh.environment_id] = fresh
        return fresh


def update(published: Published, traceparent: str = "") -> None:
    """Swap in a newer version of an environment that is held here, and tell whoever observes.

    `traceparent` is where in a trace it was published; "" without traces.
    """
    known = _held.get(published.environment_id)
    if known is None or known.version >= published.version:
        return
    told = {spans.ENVIRONMENT: published.environment_id, spans.VERSION: published.version} if traceparent else {}
    with spans.continued("flagforge.hear", traceparent, told) as here:
        fresh = _swapped_in(published, here)
        for observer in _observers:
            observer(fresh)


def reconcile() -> None:
    """Compare what is held with the database: whatever went wrong in between, this heals it."""
    wanted = {environment_id: held.version for environment_id, held in list(_held.items())}
    asked = time.time()
    heads: Iterable[ManifestHead] = ManifestHead.objects.filter(environment_id__in=wanted)
    for head in heads:
        if head.version > wanted[head.environment_id]:
            _catch_up(head)
        known = _held.get(head.environment_id)
        if known is not None and known.version >= head.version:
            _confirmed[head.environment_id] = asked


@realm.everything()
def look_again(known: Held) -> None:
    """Compare one environment with the database now, without waiting to be woken; at most once a second.

    Whoever asks in between gets what is held: where one look found nothing newer, the wake-up brings it as soon as a next would.
    """
    if time.monotonic() - _looked_at.get(known.environment_id, -LOOK_SECONDS) < LOOK_SECONDS:
        return
    _looked_at[known.environment_id] = time.monotonic()
    head: ManifestHead | None = ManifestHead.objects.filter(environment_id=known.environment_id).first()
    if head is not None and head.version > known.version:
        _catch_up(head)


def _catch_up(head: ManifestHead) -> None:
    try:
        update(fetch.newest(head), _traceparent_of(head) if tracing.is_on() else "")
    except (InvalidManifest, fetch.Damaged):
        log.exception("version %s of environment %s cannot be used; what is held goes on", head.version, head.pk)


def _traceparent_of(head: ManifestHead) -> str:
    rows = ManifestVersion.objects.filter(environment_id=head.environment_id, version=head.version)
    return spans.usable(rows.values_list("traceparent", flat=True).first())


def heal_cache() -> None:
    """Put back what the cache lost or holds in an older version."""
    for known in list(_held.values()):
        cached = cache.get(known.environment_id)
        if cached is None or cached.version < known.version:
            cache.put(Published(known.environment_id, known.version, known.checksum, known.content, known.signature))


def observe(observer: Callable[[Held], None]) -> None:
    """Be told of every newer version, in the thread that brought it."""
    _observers.append(observer)


def stop_observing(observer: Callable[[Held], None]) -> None:
    _observers.remove(observer)


def forget_everything() -> None:
    """For tests that begin with an empty process."""
    _held.clear()
    _confirmed.clear()
    _looked_at.clear()


def holds_something() -> bool:
    return bool(_held)


def everything_held() -> list[Held]:
    return list(_held.values())
