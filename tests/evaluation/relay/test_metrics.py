"""What Prometheus and operators read of a relay, over a real socket: numbers, and never a key or a flag."""

import socket
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from evaluation.relay import metrics
from evaluation.wire.trust import STALE_AFTER
from tests.evaluation.relay.conftest import CLIENT, HOST, Served, asking
from tests.evaluation.relay.said import PLACE, SECRET, TWO, a_key, put

CLIENTS = {"sse": 1, "ofrep": 0, "websocket": 0, "poll": 0, "relay": 0}
Numbers = dict[tuple[str, ...], float]


def read(served: Served) -> Numbers:
    """Samples by name and the values of their labels."""
    answer = httpx.get(f"http://{HOST}:{served.port}/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name.removeprefix("flagforge_relay_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def ask(served: Served, path: str, key: str = SECRET, **headers: str) -> httpx.Response:
    return httpx.get(f"http://{HOST}:{served.port}{path}", headers={"X-API-Key": key, **headers})


def status_of(served: Served) -> dict[str, Any]:
    document: dict[str, Any] = ask(served, "/status").json()
    return document


def test_answers_are_counted_on_either_way(served: Served) -> None:
    etag = ask(served, "/api/v1/sdk/flags").headers["etag"]
    ask(served, "/api/v1/sdk/flags", **{"If-None-Match": etag})
    ask(served, "/api/v1/sdk/flags/nowhere")
    ask(served, "/api/v1/sdk/flags/n%6Fwhere")
    ask(served, "/api/v1/sdk/flags", "nonsense")
    ask(served, "/nowhere")

    numbers = read(served)

    assert numbers["requests_total", "flags", "200"] == 1
    assert numbers["requests_total", "flags", "304"] == 1
    assert numbers["requests_total", "flags", "401"] == 1
    assert numbers["requests_total", "flag", "404"] == 2
    assert numbers["requests_total", "other", "404"] == 1
    assert numbers["request_seconds_count", "flags"] == 3


def test_what_is_served_and_from_whom(served: Served) -> None:
    numbers = read(served)

    assert (numbers["environments",], numbers["keys",], numbers["manifest_version", "e"]) == (1, 2, 1)
    assert 0 <= numbers["manifest_age_seconds", "e"] < STALE_AFTER.total_seconds()
    assert numbers["upstream_connected",] == 0
    assert sum(numbers["upstream_circuit", state] for state in ("closed", "open", "half-open")) == 1
    assert (numbers["store_failures_total",], numbers["telemetry_queued",]) == (0, 0)
    assert numbers["process_resident_memory_bytes",] > 1_000_000


def test_however_many_environments_there_are_the_series_are_few(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "MOST_NAMED", 0)

    numbers = read(served)

    assert [name for name in numbers if name[0] == "manifest_version"] == []
    assert [name for name in numbers if name[0] == "manifest_age_seconds"] == [("manifest_age_seconds", "other")]
    assert numbers["environments",] == 1


def test_every_metric_is_explained(served: Served) -> None:
    page = (Path(__file__).resolve().parents[3] / "docs/relay.md").read_text()
    ask(served, "/api/v1/sdk/flags")
    names = {name[0].removesuffix("_bucket").removesuffix("_sum").removesuffix("_count") for name in read(served)}

    ours = {name for name in names if not name.startswith("process_")}
    assert {name for name in ours if f"`{name}`" not in page} == set()


def test_what_was_refused_is_counted_by_why(served: Served) -> None:
    served.tell("put", {**put(TWO), "signature": "forged"})

    numbers = read(served)

    assert numbers["refused_total", "tampered"] == 1
    assert numbers["refused_total", "outdated"] == 0
    assert numbers["manifest_version", "e"] == 1


def test_organizations_are_counted_and_how_long_a_version_took_to_a_stream(served: Served) -> None:
    ask(served, "/api/v1/sdk/flags")
    with socket.create_connection((HOST, served.port), timeout=10) as stream:
        stream.sendall(asking("/api/v1/sdk/stream"))
        while b"event: put" not in stream.recv(65_536):
            pass
        served.tell("put", put(TWO))
        while b"id: 2" not in stream.recv(65_536):
            pass
        numbers = read(served)

    assert numbers["organization_requests_total", str(PLACE["organization"])] == 1
    assert (numbers["organization_requests_total", "other"], numbers["fan_out_seconds_count",]) == (0, 1)
    assert 0 < numbers["fan_out_seconds_sum",] < 10


def test_open_streams_are_counted_by_kind(served: Served) -> None:
    with socket.create_connection((HOST, served.port), timeout=10) as stream:
        stream.sendall(asking("/api/v1/sdk/stream"))
        while b"event: put" not in stream.recv(65_536):
            pass
        numbers, said = read(served), status_of(served)

    assert {kind: numbers["streams", kind] for kind in CLIENTS} == CLIENTS
    assert said["clients"] == {"streams": 1, "by_kind": CLIENTS}


def test_what_limits_refused_is_counted(served: Served) -> None:
    slow = "ff_client_" + "s" * 43
    limits = {"requests_per_second": 1}
    served.tell("keys", {"added": [a_key(slow, kind="client", limits=limits)], "removed": []})

    statuses = [ask(served, "/api/v1/sdk/flags", slow).status_code for _ in range(20)]

    assert read(served)["limited_total", "requests"] == statuses.count(429) > 0
    assert status_of(served)["answers"]["limited"]["requests"] == statuses.count(429)


def test_the_state_says_what_memory_answered(served: Served) -> None:
    etag = ask(served, "/api/v1/sdk/flags").headers["etag"]
    ask(served, "/api/v1/sdk/flags", **{"If-None-Match": etag})
    ask(served, "/api/v1/sdk/ruleset")

    said = status_of(served)

    assert said["answers"] | {"limited": {}} == {"from_memory": 1, "not_modified": 1, "nothing_held": 0, "limited": {}}
    assert said["environments"][0]["age_seconds"] >= 0


def test_with_upstream_away_it_is_degraded_and_everything_is_200(served: Served) -> None:
    answers = [ask(served, path) for path in ("/livez", "/readyz", "/status", "/metrics")]

    assert [answer.status_code for answer in answers] == [200] * 4
    assert answers[2].json()["status"] == "degraded"
    assert answers[2].json()["upstream"]["circuit"] in ("closed", "open", "half-open")


@pytest.mark.parametrize("path", ["/metrics", "/status"])
def test_no_key_and_no_flag_is_named(path: str, served: Served) -> None:
    ask(served, "/api/v1/sdk/flags/secret-flag", CLIENT)

    page = ask(served, path).text

    assert not any(secret in page for secret in (SECRET, CLIENT, a_key()["sha256"], "secret-flag", "ff_relay_x"))
    assert str(PLACE["key"]) in page or f'environment="{PLACE["id"]}"' in page
