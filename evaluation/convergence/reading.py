"""How far the changes of an environment have come, from what serving processes reported."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evaluation.models import ConvergenceReport, ManifestVersion
from evaluation.wire.convergence import SILENT_SECONDS
from evaluation.wire.delays import percentile, seconds_of
from tenants.models import Environment

# So many changes are shown, the newest first; a flag's are looked for among more.
SHOWN, SEARCHED = 10, 200


@dataclass(frozen=True, slots=True)
class Reporting:
    """One serving process: `connected` counts its clients by version, `holds` is what it serves."""

    name: str
    is_relay: bool
    holds: int
    connected: Mapping[int, int]
    arrivals: Mapping[int, Any]
    seconds_ago: float

    @property
    def clients(self) -> int:
        return sum(self.connected.values())

    def behind(self, version: int) -> int:
        return sum(count for has, count in self.connected.items() if has < version)

    def has_reached(self, version: int) -> bool:
        """Its clients have it, and a relay would serve it to whoever asks next."""
        return not self.behind(version) and (not self.is_relay or self.holds >= version)


@dataclass(frozen=True, slots=True)
class Convergence:
    """The newest versions of an environment, and who reports of it. `silent` reporters are not counted, only named."""

    versions: Sequence[ManifestVersion]
    reporting: Sequence[Reporting]
    silent: Sequence[Reporting]

    @property
    def connected(self) -> dict[int, int]:
        """How many instances have which version, the newest first."""
        counts: dict[int, int] = {}
        for each in self.reporting:
            for version, count in each.connected.items():
                counts[version] = counts.get(version, 0) + count
        return dict(sorted(counts.items(), reverse=True))

    def reached(self, version: int) -> int:
        return sum(count for has, count in self.connected.items() if has >= version)

    def lagging(self, version: int) -> list[Reporting]:
        return [each for each in self.reporting if not each.has_reached(version)]

    def is_effective(self, version: int) -> bool:
        """Everybody that is connected has this version or a newer one."""
        return not self.lagging(version)

    def took(self, row: ManifestVersion, share: float) -> float | None:
        """Seconds from the change until this share of those that were connected had it; None where nobody was."""
        changed = (row.changed_at or row.issued).timestamp()
        delays = [
            (max(0.0, timed["heard"] - changed + seconds_of(int(bucket))), count)
            for each in self.reporting
            if (timed := each.arrivals.get(row.version))
            for bucket, count in timed["delays"].items()
        ]
        return percentile(delays, share)


def convergence_of(environment: Environment, *, now: datetime, searched: int = SHOWN) -> Convergence:
    """In two queries, whatever there is."""
    rows: Any = ManifestVersion.objects.filter(environment=environment).defer("content", "signature")
    versions = list(rows.order_by("-version")[:searched])
    reports = [
        _reporting(row, now) for row in ConvergenceReport.objects.filter(environment=environment).order_by("name", "id")
    ]
    live, silent = _split(reports)
    return Convergence(versions, live, silent)


def _split(reports: Iterable[Reporting]) -> tuple[list[Reporting], list[Reporting]]:
    live: list[Reporting] = []
    silent: list[Reporting] = []
    for each in reports:
        (live if each.seconds_ago < SILENT_SECONDS else silent).append(each)
    return live, silent


def _reporting(row: ConvergenceReport, now: datetime) -> Reporting:
    connected: dict[int, int] = {}
    for counted in ("streams", "instances"):
        for version, count in row.seen.get(counted, {}).items():
            connected[int(version)] = connected.get(int(version), 0) + count
    arrivals = {int(version): timed for version, timed in row.seen.get("arrivals", {}).items()}
    seconds = max(0.0, (now - row.heard_at).total_seconds())
    return Reporting(row.name, row.is_relay, row.holds, connected, arrivals, seconds)
