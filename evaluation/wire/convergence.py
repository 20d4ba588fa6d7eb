"""What serving processes report of how far versions have come: relays upstream, and control planes into the database."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..core.values import Fault
from .delays import COUNT
from .members import Check, Wrong, integer, mapping, members, number, text
from .problems import bad_request
from .requests import json_object

REPORT = "/api/v1/sdk/relay/convergence"
# How often whoever serves reports: soon after something changed, and now and then all the same.
SOON_SECONDS, AGAIN_SECONDS = 1.0, 15.0
# Whoever says nothing for so long is not counted any more.
SILENT_SECONDS = 60.0
# Up to this, clocks of two machines are taken for equal; it is more than a report needs on its way.
SKEW_SECONDS = 1.0
MOST_REPORTERS, MOST_ENVIRONMENTS, MOST_VERSIONS, MOST_TIMED, MOST_USED = 500, 2_000, 100, 16, 5_000
# How often the use of keys is said, and written: as exact as people need it.
USED_SECONDS = 60.0


def _decimal(most: int) -> Check:
    def check(value: Any) -> str:
        if not value.isascii() or not value.isdigit() or len(value) > 15 or int(value) > most:
            raise Wrong(f"must be a whole number up to {most}")
        return str(value)

    return check


COUNTS = mapping(MOST_VERSIONS, _decimal(10**15), integer(at_least=1))
SEEN = members(
    {"holds": integer(), "streams": COUNTS, "instances": COUNTS},
    {
        "arrivals": mapping(
            MOST_TIMED,
            _decimal(10**15),
            members({"heard": number, "delays": mapping(COUNT, _decimal(COUNT - 1), integer(at_least=1))}),
        )
    },
)
USED = mapping(MOST_USED, text(64, form="[0-9a-f]{64}"), number)
REPORTER = members(
    {"id": text(64, form="[A-Za-z0-9._:-]+"), "name": text(200)},
    {
        "version": text(40),
        "started": number,
        "silent": number,
        "environments": mapping(MOST_ENVIRONMENTS, text(26), SEEN),
    },
)


@dataclass(frozen=True, slots=True)
class Reporter:
    """One serving process; `seen` by environment, as `delivery.reach.Reach.seen` gives it. `silent` in seconds.

    `version` is that of its program and `started` in seconds since the epoch; relays from before say neither.
    """

    id: str
    name: str
    seen: Mapping[str, Mapping[str, Any]]
    silent: float = 0.0
    version: str = ""
    started: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """`gone` are the ids of those that said goodbye; `used` says when keys were used last, by their hashes."""

    reporters: Sequence[Reporter]
    gone: Sequence[str] = ()
    used: Mapping[str, float] = field(default_factory=dict)

    def within(self, may_tell: Callable[[str], bool]) -> "Report":
        """Without the environments of which the sender may not tell."""
        seen = [{name: each for name, each in reporter.seen.items() if may_tell(name)} for reporter in self.reporters]
        reporters = [replace(each, seen=kept) for each, kept in zip(self.reporters, seen, strict=True)]
        return Report(reporters, self.gone, self.used)


def report_bytes(report: Report, *, now: float) -> bytes:
    """`now` in seconds since the epoch, by the clock that timed the arrivals."""
    reporters = [
        {"id": each.id, "name": each.name, "silent": each.silent, "environments": each.seen} | _about(each)
        for each in report.reporters
    ]
    document = {"at": now, "reporters": reporters, "gone": list(report.gone), "used": report.used}
    return json.dumps(document, separators=(",", ":")).encode()


def _about(reporter: Reporter) -> dict[str, Any]:
    said = {"version": reporter.version, "started": reporter.started}
    return {name: value for name, value in said.items() if value}


def read_report(body: bytes, *, now: float) -> Report:
    """The report in a body, its moments by the clock here; raises `Refused` (400) with the path of what is wrong."""
    document = json_object(body, "")
    try:
        at = number(document.get("at"))
    except Wrong as wrong:
        raise _refused(wrong.at("at")) from None
    skew = now - at if abs(now - at) > SKEW_SECONDS else 0.0
    reporters = [_reporter(each, skew) for each in _items(document, "reporters", REPORTER)]
    used = {sha256: min(now, moment + skew) for sha256, moment in _used(document).items()}
    return Report(reporters, list(_items(document, "gone", text(64))), used)


def _used(document: Mapping[str, Any]) -> Mapping[str, float]:
    """Relays from before say nothing of it."""
    try:
        read: Mapping[str, float] = USED(document.get("used", {}))
    except Wrong as wrong:
        raise _refused(wrong.at("used")) from None
    return read


def _reporter(read: Mapping[str, Any], skew: float) -> Reporter:
    seen = {
        environment_id: {**each, "arrivals": _shifted(each.get("arrivals", {}), skew)}
        for environment_id, each in read.get("environments", {}).items()
    }
    started = read["started"] + skew if "started" in read else None
    return Reporter(read["id"], read["name"], seen, max(0.0, read.get("silent", 0.0)), read.get("version", ""), started)


def _shifted(arrivals: Mapping[str, Any], skew: float) -> dict[str, Any]:
    return {version: {**each, "heard": each["heard"] + skew} for version, each in arrivals.items()}


def _items(document: Mapping[str, Any], name: str, check: Check) -> Iterable[Any]:
    given = document.get(name, [])
    if not isinstance(given, list) or len(given) > MOST_REPORTERS:
        raise _refused(Fault(name, f"must be a list of at most {MOST_REPORTERS} items"))
    for index, item in enumerate(given):
        try:
            yield check(item)
        except Wrong as wrong:
            raise _refused(wrong.at(f"{name}[{index}]")) from None


def _refused(fault: Fault) -> Exception:
    return bad_request(f"{fault.path}: {fault.message}", errors=[fault])
