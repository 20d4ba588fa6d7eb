"""Rows in, canonical bytes out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from evaluation.core.canonical import canonical
from flags.documents import manifest_flag, manifest_segment
from flags.models import Segment
from flags.selectors import FlagState, manifest_rows
from tenants.models import Environment

FORMAT = 1


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


def rules_of(environment: Environment) -> Rules:
    """What the environment serves now, in a number of queries that does not depend on the number of flags."""
    return rules_from(environment, *manifest_rows(environment))


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
