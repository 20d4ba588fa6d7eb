"""Rows in, canonical bytes out."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from evaluation.core.canonical import canonical
from evaluation.manifest.entries import written
from flags.documents import manifest_flag, manifest_segment
from flags.models import Segment
from flags.selectors import FlagState, flag_stamps, flag_states, manifest_segments, segment_stamps
from tenants.models import Environment

FORMAT = 1

Documents = Iterable[tuple[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything of a manifest that says what users get, already canonical."""

    environment: str
    flags: bytes
    segments: bytes

    def manifest(self, version: int, issued: datetime) -> bytes:
        """The whole manifest's canonical bytes. RFC 8785 sorts members, and these names are sorted here by hand."""
        return b'{"environment":%b,"flags":%b,"format":%d,"issued":"%b","segments":%b,"version":%d}' % (
            canonical(self.environment),
            self.flags,
            FORMAT,
            instant(issued).encode(),
            self.segments,
            version,
        )


def rules_of(environment: Environment, *, anew: bool = False) -> Rules:
    """What the environment serves now. The rows of what changed since this process last looked are read, with `anew` all of them.

    Six queries at most, however many flags there are.
    """

    def flags(keys: Collection[str] | None) -> Documents:
        return ((flag.key, manifest_flag(flag, config)) for flag, config in flag_states(environment, keys))

    def segments(keys: Collection[str] | None) -> Documents:
        return ((segment.key, manifest_segment(segment)) for segment in manifest_segments(environment, keys))

    return Rules(
        environment.id,
        written((environment.id, "flags"), flag_stamps(environment), flags, anew=anew),
        written((environment.id, "segments"), segment_stamps(environment), segments, anew=anew),
    )


def rules_from(environment: Environment, flags: Iterable[FlagState], segments: Iterable[Segment]) -> Rules:
    """What the environment would serve if it held these."""
    return Rules(
        environment.id,
        canonical({flag.key: manifest_flag(flag, config) for flag, config in flags}),
        canonical({segment.key: manifest_segment(segment) for segment in segments}),
    )


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
