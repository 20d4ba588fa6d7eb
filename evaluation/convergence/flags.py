"""Whether everybody has what a flag was saved as last: what makes a kill effective."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from evaluation.convergence.reading import Convergence
from evaluation.manifest import memory
from evaluation.models import ManifestVersion
from flags.documents import manifest_flag
from flags.models import Flag, FlagConfig
from flags.selectors import state_of
from tenants.models import Environment


@dataclass(frozen=True, slots=True)
class FlagReach:
    """`version` is the manifest with the newest state, None while there is none; `versions` are those that changed the flag."""

    key: str
    enabled: bool
    killed_at: datetime | None
    version: int | None
    is_effective: bool
    versions: Sequence[ManifestVersion]


def reach_of_flag(flag: Flag, environment: Environment, convergence: Convergence) -> FlagReach:
    """In one query, and those by which a process that does not hold the environment's rules fetches them."""
    config = state_of(flag, environment)
    naming = [row for row in convergence.versions if _names(row, flag.key)]
    version = _carrier(convergence, naming) if _is_published(flag, config, convergence) else None
    is_effective = version is not None and convergence.is_effective(version)
    return FlagReach(flag.key, config.enabled, config.killed_at, version, is_effective, naming)


def _names(row: ManifestVersion, key: str) -> bool:
    return any(change["topic"].startswith("flag.") and change.get("key") == key for change in row.changes)


def _carrier(convergence: Convergence, naming: Sequence[ManifestVersion]) -> int | None:
    """Of a flag that none of the versions at hand changed, the oldest of them has what it was saved as last."""
    rows = naming[:1] or convergence.versions[-1:]
    return rows[0].version if rows else None


def _is_published(flag: Flag, config: FlagConfig, convergence: Convergence) -> bool:
    """Whether the newest manifest has the state as it is saved."""
    held = memory.load(config.environment_id)
    if held is not None and convergence.versions and held.version < convergence.versions[0].version:
        memory.look_again(held)
        held = memory.held(held.environment_id)
    if held is None:
        return False
    entry = held.ruleset.flags.get(flag.key)
    if flag.archived_at is not None:
        return entry is None
    return entry is not None and entry.version >= manifest_flag(flag, config)["version"]
