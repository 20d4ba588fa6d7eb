"""Which flags of a project are stale, the surest first, and why in a word: what lists and filters need of all of them.

Kept for as long as nobody changes a flag there, a minute at most: to look at thousands of flags takes longer than a page may.
"""

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from datetime import datetime
from hashlib import sha256

from django.core.cache import cache
from django.db.models import Count, Sum, Value

from analytics.stale.evidence import evidence_of, sureness, window
from analytics.stale.findings import facts_of, states_of
from analytics.stale.uses import uses_in
from flags.lifetimes import stale_after
from flags.models import Flag, FlagConfig
from tenants.models import Environment, Project

KEPT_SECONDS = 60
# All that is asked of a flag itself.
LOOKED_AT = ("key", "kind", "created_at", "owner__name", "owner__email")


@dataclass(frozen=True, slots=True)
class Rank:
    """A stale flag by its key, how sure that is in per cent, the kinds of its evidence, its own kind, and whose it is."""

    key: str
    sure: int
    evidence: tuple[str, ...]
    kind: str
    owner: str | None
    owner_name: str


def ranking(project: Project, now: datetime) -> list[Rank]:
    """Six queries at most, or one."""
    name = f"stale:{project.pk}:{_state_of(project)}"
    if (kept := cache.get(name)) is None:
        found = sorted(_ranks(project, now), key=lambda rank: (-rank.sure, rank.key))
        kept = [astuple(rank) for rank in found]
        cache.set(name, kept, KEPT_SECONDS)
    return [Rank(*row) for row in kept]


def stale_keys(project: Project, now: datetime) -> list[str]:
    return [rank.key for rank in ranking(project, now)]


def _state_of(project: Project) -> str:
    """Another one after every change: whatever is saved gets a higher version, and nothing comes back with a lower one."""
    environments = Environment.objects.filter(project=project).values("pk")
    counts = {"count": Count("pk"), "sum": Sum("version")}
    flags = Flag.with_deleted.filter(project=project).order_by().values("project")
    states = FlagConfig.with_deleted.filter(environment__in=environments).order_by().values("organization")
    rows = flags.annotate(**counts, gone=Count("deleted_at")).values_list("gone", "count", "sum")
    rows = rows.union(states.annotate(**counts, gone=Value(0)).values_list("gone", "count", "sum"), all=True)
    return sha256(f"{sorted(rows)} {project.stale_after}".encode()).hexdigest()


def _ranks(project: Project, now: datetime) -> Iterator[Rank]:
    environments = list(Environment.objects.filter(project=project))
    used = Flag.objects.filter(project=project, archived_at__isnull=True, is_permanent=False)
    flags = list(used.select_related("owner").only(*LOOKED_AT))
    after = stale_after(project)
    days, counted = window(after)
    uses = uses_in(environments, days=days, counted=counted, now=now)
    states = states_of(flags, environments)
    for flag in flags:
        if evidence := evidence_of(facts_of(flag, environments, states, uses, now), after):
            kinds = tuple(each.kind for each in evidence)
            yield Rank(flag.key, sureness(evidence), kinds, flag.kind, flag.owner_id, str(flag.owner or ""))
