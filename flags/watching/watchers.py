"""Who watches a flag: whoever said so, and its owner who did not say otherwise."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, Subquery

from flags.models import Flag, Watch
from tenants.models import User


@dataclass(frozen=True, slots=True)
class Watching:
    """How one person stands to one flag. `environments` are ids; empty: all of them."""

    is_on: bool
    environments: tuple[str, ...] = ()
    as_owner: bool = False

    def hears_of(self, environment_id: str) -> bool:
        """Whether it watches what happens there; "" is what happens in all environments at once."""
        return self.is_on and (not self.environments or not environment_id or environment_id in self.environments)


def with_watch(flags: Any, user: User | None) -> Any:
    """The queryset with what `watching` asks for, so that it costs no query more."""
    own = Watch.with_deleted.filter(flag=OuterRef("pk"), user=user)
    return flags.annotate(
        watch_is_on=Subquery(own.values("is_on")[:1]), watch_environments=Subquery(own.values("environments")[:1])
    )


def watching(flag: Any, user: User) -> Watching:
    """Of a flag as `with_watch` finds it; of any other in one query more."""
    if not hasattr(flag, "watch_is_on"):
        flag = with_watch(Flag.with_deleted, user).get(pk=flag.pk)
    if flag.watch_is_on is not None:
        return Watching(flag.watch_is_on, tuple(flag.watch_environments))
    return Watching(flag.owner_id == user.pk, as_owner=flag.owner_id == user.pk)


def watched_by(user: User | None) -> Q:
    """Of flags: those that the person watches; nobody watches none."""
    if user is None:
        return Q(pk__in=[])
    own = Watch.objects.filter(user=user)
    by_choice = Q(pk__in=own.filter(is_on=True).values("flag"))
    return by_choice | (Q(owner=user) & ~Q(pk__in=own.filter(is_on=False).values("flag")))


def watchers_of(flag_ids: Iterable[str]) -> dict[str, dict[str, tuple[Watching, datetime | None]]]:
    """Flag id → user id → how, and since when (None: for as long as they own it). Two queries, however many flags."""
    ids = set(flag_ids)
    owned: Any = Flag.with_deleted.filter(pk__in=ids, owner__isnull=False).values_list("pk", "owner_id")
    found: dict[str, dict[str, tuple[Watching, datetime | None]]] = {flag_id: {} for flag_id in ids}
    for flag_id, owner_id in owned:
        found[flag_id][owner_id] = Watching(True, as_owner=True), None
    for row in Watch.with_deleted.filter(flag__in=ids):
        found[row.flag_id][row.user_id] = Watching(row.is_on, tuple(row.environments)), row.since
    return found
