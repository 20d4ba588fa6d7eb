"""Answers counted by door: few names, whatever is asked for."""

import pytest

from evaluation.delivery.exposition import exposed, served
from evaluation.delivery.limiter import Limiter
from evaluation.delivery.tally import BOUNDS, Tally, door_of


@pytest.mark.parametrize(
    ("path", "door"),
    [
        ("/api/v1/sdk/flags", "flags"),
        ("/api/v1/sdk/flags/checkout", "flag"),
        ("/api/v1/sdk/flags/a/b", "other"),
        ("/ofrep/v1/evaluate/flags", "ofrep_flags"),
        ("/ofrep/v1/evaluate/flags/checkout", "ofrep_flag"),
        ("/api/v1/sdk/events", "events"),
        ("/livez", "probe"),
        ("/anything/else", "other"),
        ("", "other"),
    ],
)
def test_a_path_has_one_of_a_few_names(path: str, door: str) -> None:
    assert door_of(path) == door


def test_answers_are_counted_by_status_and_latency() -> None:
    tally = Tally()

    for status, seconds in ((200, 0.0), (200, 0.0003), (304, BOUNDS[0]), (200, 99.0)):
        tally.count("/api/v1/sdk/flags", status, seconds)
    tally.count("/livez", 200, 0.0)

    latencies = tally.latencies()["flags"]
    assert list(tally.answers()) == [("flags", 200, 3), ("flags", 304, 1), ("probe", 200, 1)]
    assert (latencies.counts[0], latencies.counts[2], latencies.counts[-1], sum(latencies.counts)) == (2, 1, 1, 4)
    assert latencies.seconds == pytest.approx(99.0003 + BOUNDS[0])
    assert (tally.answered(200), tally.answered(304), tally.answered(503)) == (3, 1, 0)


def test_a_histogram_counts_up_to_each_bound() -> None:
    tally = Tally()
    for seconds in (0.0002, 0.002, 5.0):
        tally.count("/livez", 200, seconds)

    text = exposed(served(tally, Limiter(), "x"), "x").body.decode()

    assert 'x_requests_total{door="probe",status="200"} 3.0' in text
    assert 'x_request_seconds_bucket{door="probe",le="0.00025"} 1.0' in text
    assert 'x_request_seconds_bucket{door="probe",le="1.0"} 2.0' in text
    assert 'x_request_seconds_bucket{door="probe",le="+Inf"} 3.0' in text
    assert 'x_request_seconds_count{door="probe"} 3.0' in text
    assert "x_process_resident_memory_bytes" in text
