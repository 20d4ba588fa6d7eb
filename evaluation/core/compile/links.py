"""Whether what flags and segments refer to can be found: all that depends on more than one definition."""

from collections.abc import Iterator, Mapping
from math import inf

from ..limits import MAX_PREREQUISITE_DEPTH, MAX_REFERENCE_DEPTH
from ..model import Flag, Segment
from ..references import depths, on_cycle
from ..values import quoted


class Links:
    """The references between the definitions of one manifest.

    `faults` says why a flag or, in `segment_faults`, a segment cannot be used although it can be read.
    """

    def __init__(self, flags: Mapping[str, Flag], segments: Mapping[str, Segment]) -> None:
        self._segments = segments
        self._clocked: set[str] = set()
        self.segment_faults: dict[str, str] = {}
        self._follow_segments()
        self.faults = _prerequisite_faults(flags) | dict(self._missing_segments(flags))

    def reads_clock(self, flag: Flag) -> bool:
        """Whether the flag compares with now, itself or through a segment."""
        return flag.references.reads_clock or not self._clocked.isdisjoint(flag.references.segments)

    def _follow_segments(self) -> None:
        found = depths({key: segment.references.segments.keys() for key, segment in self._segments.items()})
        for key in sorted(self._segments, key=lambda key: found.get(key, inf)):  # what is used comes before its users
            segment = self._segments[key]
            fault = _circle(key, found) or segment.fault or self._fault_of(segment.references.segments)
            if fault:
                self.segment_faults[key] = f"segment {key}: {fault}"
            if segment.references.reads_clock or not self._clocked.isdisjoint(segment.references.segments):
                self._clocked.add(key)

    def _fault_of(self, used: Mapping[str, str]) -> str | None:
        for key, rule in used.items():
            fault = self.segment_faults.get(key) if key in self._segments else f"the segment {quoted(key)} is missing"
            if fault:
                return f"rule {rule}: {fault}" if rule else fault
        return None

    def _missing_segments(self, flags: Mapping[str, Flag]) -> Iterator[tuple[str, str]]:
        for key, flag in flags.items():
            fault = self._fault_of(flag.references.segments)
            if fault:
                yield key, fault


def _circle(key: str, found: Mapping[str, int]) -> str | None:
    if key not in found:
        return "it uses itself, directly or through others"
    return f"it uses others deeper than {MAX_REFERENCE_DEPTH}" if found[key] > MAX_REFERENCE_DEPTH else None


def _prerequisite_faults(flags: Mapping[str, Flag]) -> dict[str, str]:
    """The flags whose prerequisites lead back to themselves, or too deep; those that only ask such a flag are sound."""
    graph = {key: flag.references.flags for key, flag in flags.items()}
    found = depths(graph)
    faults = {key: "its prerequisites lead back to it" for key in graph if key not in found and on_cycle(key, graph)}
    deep = f"its prerequisites are deeper than {MAX_PREREQUISITE_DEPTH}"
    return faults | {key: deep for key, depth in found.items() if depth > MAX_PREREQUISITE_DEPTH}
