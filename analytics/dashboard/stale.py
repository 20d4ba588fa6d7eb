"""The stale flags of a project, and whether one flag is stale: with the evidence, and what archiving would change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from analytics.stale.evidence import WEIGHTS
from analytics.stale.findings import Finding, look_at, seen_by
from analytics.stale.keeping import keepings_of, kept_in
from analytics.stale.ranking import Rank, ranking
from flags.dashboard.actions import flag_page
from flags.models import Flag
from tenants.dashboard.doors import PageRequest, project_page, show
from tenants.dashboard.paging import Paged
from tenants.models import Project

EVIDENCE = {
    "unused": "Not evaluated",
    "unvarying": "Always one variant",
    "settled": "The same for everybody",
    "expired": "Past its lifetime",
}

# Each has its evidence below it, and takes the room of two rows.
PER_PAGE = 15


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the findings that were asked for, and what may be asked for."""

    paged: Paged
    shown: Sequence[Finding]
    every: Sequence[Rank]
    evidence: str
    kind: str
    owner: str

    @property
    def evidence_choices(self) -> list[tuple[str, str]]:
        return [(kind, EVIDENCE[kind]) for kind in WEIGHTS]

    @property
    def kind_choices(self) -> list[str]:
        return sorted({rank.kind for rank in self.every})

    @property
    def owner_choices(self) -> list[tuple[str, str]]:
        owners = {(rank.owner, rank.owner_name) for rank in self.every if rank.owner}
        return sorted(owners, key=lambda choice: (choice[1].casefold(), choice[0]))


@project_page
@require_safe
def stale_flags(request: PageRequest, project: Project) -> HttpResponse:
    context = {"listing": listing_of(request, project, timezone.now()), "kept": kept_in(project)}
    return show(request, "analytics/stale_flags.html", context)


def listing_of(request: PageRequest, project: Project, now: datetime) -> Listing:
    evidence, kind, owner = (request.GET.get(name, "") for name in ("evidence", "kind", "owner"))
    every = ranking(project, now)
    found = [
        rank
        for rank in every
        if (not evidence or evidence in rank.evidence)
        and (not kind or rank.kind == kind)
        and (not owner or rank.owner == owner)
    ]
    paged = Paged.of(found, request, PER_PAGE)
    places = {rank.key: place for place, rank in enumerate(paged)}
    rows = Flag.objects.filter(project=project, key__in=places).select_related("owner")
    shown = look_at(project, sorted(rows, key=lambda flag: places[flag.key]), now=now) if places else []
    return Listing(paged, seen_findings(request, shown), every, evidence, kind, owner)


@flag_page
@require_safe
def staleness(request: PageRequest, flag: Flag) -> HttpResponse:
    """The page; for HTMX the mark on the page of the flag, which is empty for a flag that is not stale."""
    (finding,) = seen_findings(request, look_at(flag.project, [flag], now=timezone.now()))
    keeping = next(iter(keepings_of([flag])), None)
    template = "analytics/_stale_mark.html" if request.htmx else "analytics/staleness.html"
    return show(request, template, {"finding": finding, "flag": flag, "keeping": keeping})


def seen_findings(request: PageRequest, found: Sequence[Finding]) -> list[Finding]:
    seen = {environment.key for environment in request.shell.environments}
    return [seen_by(each, seen) for each in found]
