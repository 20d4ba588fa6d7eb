"""The stale flags of a project, and whether one flag is stale: with the evidence, and what archiving would change."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from analytics.stale.evidence import WEIGHTS
from analytics.stale.findings import Finding, find_all, look_at, seen_by
from analytics.stale.keeping import keepings_of, kept_in
from flags.dashboard.actions import flag_page
from flags.models import Flag
from tenants.dashboard.doors import PageRequest, project_page, show
from tenants.models import Project

EVIDENCE = {
    "unused": "Not evaluated",
    "unvarying": "Always one variant",
    "settled": "The same for everybody",
    "expired": "Past its lifetime",
}
# So many are shown, the surest ones; who narrows the list finds the others.
MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Listing:
    """The findings that were asked for, and what may be asked for."""

    findings: Sequence[Finding]
    every: Sequence[Finding]
    evidence: str
    kind: str
    owner: str

    @classmethod
    def of(cls, every: Sequence[Finding], asked: Any) -> "Listing":
        evidence, kind, owner = (asked.get(name, "") for name in ("evidence", "kind", "owner"))
        found = [
            each
            for each in every
            if (not evidence or any(one.kind == evidence for one in each.evidence))
            and (not kind or each.flag.kind == kind)
            and (not owner or each.flag.owner_id == owner)
        ]
        return cls(found, every, evidence, kind, owner)

    @property
    def shown(self) -> Sequence[Finding]:
        return self.findings[:MOST_SHOWN]

    @property
    def rest(self) -> int:
        return len(self.findings) - len(self.shown)

    @property
    def evidence_choices(self) -> list[tuple[str, str]]:
        return [(kind, EVIDENCE[kind]) for kind in WEIGHTS]

    @property
    def kind_choices(self) -> list[str]:
        return sorted({each.flag.kind for each in self.every})

    @property
    def owner_choices(self) -> list[tuple[str, str]]:
        owners = {each.flag.owner.pk: str(each.flag.owner) for each in self.every if each.flag.owner is not None}
        return sorted(owners.items(), key=lambda choice: choice[1].casefold())


@project_page
@require_safe
def stale_flags(request: PageRequest, project: Project) -> HttpResponse:
    listing = Listing.of(seen_findings(request, find_all(project, now=timezone.now())), request.GET)
    return show(request, "analytics/stale_flags.html", {"listing": listing, "kept": kept_in(project)})


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
