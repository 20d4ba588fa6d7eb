"""How far the versions of an environment have come, who serves them, and which applications told lately."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from analytics.dashboard.connected import Instance, instances_of
from evaluation.convergence.reading import Convergence, Reporting, convergence_of
from evaluation.models import ManifestVersion
from tenants.dashboard.doors import PageRequest, environment_page, show
from tenants.models import ApiKey, Environment
from tenants.permissions import allowed

MOST_NAMED, MOST_KEYS = 3, 50


@dataclass(frozen=True, slots=True)
class Change:
    """One version: who has it, of whom, who is slow, and what it changed. `share` is in per cent."""

    row: ManifestVersion
    reached: int
    of: int
    p50: float | None
    p99: float | None
    lagging: Sequence[Reporting]

    @property
    def at(self) -> datetime:
        return self.row.changed_at or self.row.issued

    @property
    def share(self) -> float:
        return 100 * self.reached / self.of if self.of else 100

    @property
    def is_effective(self) -> bool:
        return not self.lagging

    @property
    def slow(self) -> Sequence[Reporting]:
        return self.lagging[:MOST_NAMED]

    @property
    def more_slow(self) -> int:
        return max(0, len(self.lagging) - MOST_NAMED)

    @property
    def keys(self) -> list[str]:
        """Of the flags and segments that it changed, each once."""
        return list(dict.fromkeys(change["key"] for change in self.row.changes if change.get("key")))


class ConvergencePage:
    """Three queries, and one for keys."""

    def __init__(self, environment: Environment, request: PageRequest) -> None:
        self.environment, self.actor, self.now = environment, request.actor, timezone.now()
        self.convergence: Convergence = convergence_of(environment, now=self.now)

    @cached_property
    def changes(self) -> list[Change]:
        return [self._change(row) for row in self.convergence.versions]

    def _change(self, row: ManifestVersion) -> Change:
        here = self.convergence
        took = [here.took(row, share) for share in (0.5, 0.99)]
        return Change(row, here.reached(row.version), self.connected, took[0], took[1], here.lagging(row.version))

    @property
    def newest(self) -> Change | None:
        return next(iter(self.changes), None)

    @property
    def connected(self) -> int:
        return sum(self.convergence.connected.values())

    @cached_property
    def instances(self) -> list[Instance]:
        return instances_of(self.environment, now=self.now)

    @property
    def api_keys(self) -> Sequence[ApiKey] | None:
        """Those that are in use, the latest first; None: the actor may not see keys."""
        if not allowed(self.actor, "api_key.view", self.environment):
            return None
        rows = ApiKey.objects.visible_to(self.actor).filter(environment=self.environment, revoked_at__isnull=True)
        return list(rows.filter(last_used_at__isnull=False).order_by("-last_used_at")[:MOST_KEYS])


@environment_page
@require_safe
def convergence(request: PageRequest, environment: Environment) -> HttpResponse:
    page = ConvergencePage(environment, request)
    return show(request, "analytics/convergence.html", {"environment": environment, "page": page})
