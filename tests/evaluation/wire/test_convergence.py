"""Reports of how far versions have come: read strictly, bounded, and by the clock of whoever reads."""

import json
from typing import Any

import pytest

from evaluation.wire.convergence import MOST_ENVIRONMENTS, Report, Reporter, read_report, report_bytes
from evaluation.wire.problems import Refused

SEEN: dict[str, Any] = {
    "holds": 42,
    "streams": {"41": 3, "42": 117},
    "instances": {"42": 2},
    "arrivals": {"42": {"heard": 1_000.5, "delays": {"0": 5, "30": 1}}},
}
REPORT = Report([Reporter("01J", "edge", {"e": SEEN})], ["01K"], {"a" * 64: 999.5})


def said(**members: Any) -> bytes:
    return json.dumps({"at": 1_000.0, "reporters": []} | members).encode()


def reporter(**members: Any) -> dict[str, Any]:
    return {"id": "a", "name": "edge", "environments": {"e": SEEN | members}}


def test_what_is_written_is_read() -> None:
    assert read_report(report_bytes(REPORT, now=1_000.0), now=1_000.3) == REPORT


def test_a_process_says_which_version_it_is_and_when_it_started_by_the_clock_here() -> None:
    report = Report([Reporter("01J", "edge", {}, version="1.2.3", started=900.0)])

    (read,) = read_report(report_bytes(report, now=1_000.0), now=4_600.0).reporters

    assert (read.version, read.started) == ("1.2.3", 4_500.0)


@pytest.mark.parametrize("skew", [3_600.0, -3_600.0])
def test_moments_are_moved_to_the_clock_here(skew: float) -> None:
    read = read_report(report_bytes(REPORT, now=1_000.0), now=1_000.0 + skew)

    assert read.reporters[0].seen["e"]["arrivals"]["42"]["heard"] == 1_000.5 + skew


def test_a_report_may_say_little() -> None:
    read = read_report(said(reporters=[{"id": "a", "name": "edge"}]), now=1_000.0)

    assert read == Report([Reporter("a", "edge", {})], [])


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b"[]", ""),
        (said(at=None), "at"),
        (said(reporters={}), "reporters"),
        (said(used=[]), "used"),
        (said(used={"nonsense": 1.0}), "used.nonsense"),
        (said(used={"a" * 64: "now"}), f"used.{'a' * 64}"),
        (said(reporters=[{}] * 501), "reporters"),
        (said(reporters=[{"name": "edge"}]), "reporters[0].id"),
        (said(reporters=[{"id": "white space", "name": "edge"}]), "reporters[0].id"),
        (said(reporters=[{"id": "a", "name": "edge", "version": "1" * 41}]), "reporters[0].version"),
        (said(reporters=[{"id": "a", "name": "edge", "started": "now"}]), "reporters[0].started"),
        (said(reporters=[reporter(holds=-1)]), "reporters[0].environments.e.holds"),
        (said(reporters=[reporter(streams={"42": 0})]), 'reporters[0].environments.e.streams.42'),
        (said(reporters=[reporter(streams={"newest": 1})]), "reporters[0].environments.e.streams.newest"),
        (said(reporters=[reporter(streams=dict.fromkeys(map(str, range(101)), 1))]), "reporters[0].environments.e.streams"),
        (said(reporters=[reporter(arrivals={"42": {"heard": 1, "delays": {"99": 1}}})]),
         "reporters[0].environments.e.arrivals.42.delays.99"),
        (said(reporters=[{"id": "a", "name": "b", "environments": {str(n): SEEN for n in range(MOST_ENVIRONMENTS + 1)}}]),
         "reporters[0].environments"),
        (said(gone=[7]), "gone[0]"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_its_path(body: bytes, path: str) -> None:
    with pytest.raises(Refused) as refused:
        read_report(body, now=1_000.0)

    problem = json.loads(refused.value.reply.body)
    assert problem["status"] == 400
    assert [fault["path"] for fault in problem.get("errors", [{"path": ""}])] == [path]


def test_the_use_of_a_key_is_moved_to_the_clock_here_and_never_lies_ahead() -> None:
    report = Report([], used={"a" * 64: 990.0, "b" * 64: 1_000.9})

    assert read_report(report_bytes(report, now=1_000.0), now=4_600.0).used == {"a" * 64: 4_590.0, "b" * 64: 4_600.0}
