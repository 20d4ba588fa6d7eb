"""Telemetry as Prometheus reads it: true, bounded, and nothing for who may not see the environment."""

from typing import Any

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from analytics.api.metrics import metrics_of
from evaluation.delivery.exposition import exposed
from evaluation.sdk.telemetry.sketch import Sketch
from tenants.models import Environment, User
from tests.analytics.batches import Tell, counts
from tests.conftest import Browser

METRICS = "/api/v1/organizations/acme/projects/shop/environments/development/metrics"
Series = dict[tuple[str, ...], float]


def parsed(text: str) -> Series:
    """The name of each sample and the values of its labels → its number."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def series_of(tally: dict[str, Any]) -> Series:
    return parsed(exposed(metrics_of(tally)).body.decode())


@pytest.mark.django_db
def test_prometheus_reads_what_was_told_today(browser: Browser, alice: User, tell: Tell) -> None:
    sketch = Sketch()
    for _ in range(100):
        sketch.add(50_000)
    tell(
        counts=counts(70) + counts(30, variant="off", reason="STATIC"),
        latency={"unit": "ns", "sketch": sketch.as_text()},
        cache={"fresh": 95, "miss": 5},
        unknown_flags={"gone": 3, "old": 4},
        breaker=[{"at": "2026-11-27T10:00:00Z", "to": "open"}],
    )

    answer = browser(alice).get(METRICS)

    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    series = parsed(answer.content.decode())
    assert series.pop(("flagforge_evaluation_seconds", "0.95")) == pytest.approx(50e-6, rel=0.02)
    assert {name: value for name, value in series.items() if name[0] != "flagforge_evaluation_seconds"} == {
        ("flagforge_evaluations_total", "checkout", "on"): 70,
        ("flagforge_evaluations_total", "checkout", "off"): 30,
        ("flagforge_reasons_total", "SPLIT"): 70,
        ("flagforge_reasons_total", "STATIC"): 30,
        ("flagforge_cache_total", "fresh"): 95,
        ("flagforge_cache_total", "miss"): 5,
        ("flagforge_breaker_turns_total", "open"): 1,
        ("flagforge_batches_total", "test", "1.0"): 1,
        ("flagforge_unknown_flags_total",): 7,
    }


def test_whatever_clients_make_up_there_are_so_many_series_and_nothing_is_lost() -> None:
    flags = {
        f"flag-{number:04}": {f'v"{place}\n': {f"R{number % 60}": number + 1} for place in range(15)}
        for number in range(1_000)
    }
    sdks = {f"sdk-{number}": {f"{version}.0": {"shop": 2} for version in range(9)} for number in range(30)}

    series = series_of({"counts": flags, "sdks": sdks})

    def those(name: str) -> Series:
        return {labels: value for labels, value in series.items() if labels[0] == f"flagforge_{name}_total"}

    everything = sum((number + 1) * 15 for number in range(1_000))
    assert len(those("evaluations")) == 100 * 11 + 1
    assert sum(those("evaluations").values()) == sum(those("reasons").values()) == everything
    assert series["flagforge_evaluations_total", "flag-0999", "other"] == 5 * 1_000
    assert "flag-0899" not in {flag for _, flag, _ in those("evaluations")}
    assert (len(those("reasons")), len(those("batches"))) == (21, 21)
    assert sum(those("batches").values()) == 30 * 9 * 2
    assert len(series) < 1_150


def test_before_anybody_told_anything_there_is_nothing_but_a_zero() -> None:
    assert series_of({}) == {("flagforge_unknown_flags_total",): 0}


@pytest.mark.django_db
def test_a_token_reads_it_and_an_outsider_does_not(
    client: Client, token_key: str, browser: Browser, charlie: User, vera: User, development: Environment
) -> None:
    assert client.get(METRICS, headers={"Authorization": f"Bearer {token_key}"}).status_code == 200
    assert browser(vera).get(METRICS).status_code == 200
    assert browser(charlie).get(METRICS).status_code == 404
    assert client.get(METRICS).status_code == 401
    assert browser(vera).get(f"{METRICS}?step=day").status_code == 400
