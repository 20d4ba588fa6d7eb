"""Traces are off by default, and whatever a collector does, the process works and ends."""

import asyncio
import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from evaluation.delivery import traces
from evaluation.delivery.feeds import RulesFeed
from evaluation.delivery.hub import Hub
from tests.collector import collector
from tests.evaluation.delivery.conftest import MakeHeld, known, unproven
from tests.recording import CALLER, SAMPLED, Recorded, parent_of

AT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}


@pytest.mark.parametrize(
    ("environ", "endpoint"),
    [
        ({}, ""),
        ({"OTEL_SERVICE_NAME": "shop"}, ""),
        (AT, "http://collector:4318"),
        ({**AT, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://traces:1/v1"}, "http://traces:1/v1"),
        ({**AT, "OTEL_SDK_DISABLED": "True"}, ""),
        ({**AT, "OTEL_TRACES_EXPORTER": "none"}, ""),
    ],
)
def test_an_endpoint_turns_them_on_and_the_standard_switches_off(environ: dict[str, str], endpoint: str) -> None:
    assert traces.endpoint_of(environ) == endpoint


def test_what_is_not_installed_is_said_once_and_nothing_is_traced(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)

    assert traces.begin(AT, "relay", version="1", instance_id="a") is None

    assert "flagforge-sdk[traces]" in caplog.text


FLOOD = """
import os, resource, time
from evaluation.delivery import traces
assert "opentelemetry" not in __import__("sys").modules
end = traces.begin(os.environ, "relay", version="1", instance_id="a")
from opentelemetry import trace
tracer, used = trace.get_tracer("test"), []
for _ in range(5):
    for _ in range(4000):
        tracer.start_span("one").end()
    used.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
began = time.monotonic()
end()
print((used[-1] - used[0]) / 1000, time.monotonic() - began)
"""


def test_a_collector_that_hangs_costs_bounded_memory_and_a_moment_at_the_end() -> None:
    with collector() as collected:
        collected.hangs.set()
        command = [sys.executable, "-c", FLOOD]
        done = subprocess.run(command, env=collected.environment, capture_output=True, text=True, check=True)

    megabytes, seconds = map(float, done.stdout.split())
    assert megabytes < 10  # 16,000 spans more would be thirty
    assert seconds < traces.END_SECONDS + 1
    assert collected.asked >= 1


def test_only_who_was_there_hears_where_in_a_trace_a_change_came_from(held: MakeHeld) -> None:
    one, two = held(1, checkout={}), replace(held(2), traceparent=SAMPLED)
    replay = known(one, two)

    def said(since: int | None) -> Any:
        message = RulesFeed(since).next(two, replay)
        return message and json.loads(message.data).get("traceparent")

    assert said(1) == SAMPLED  # a delta
    assert said(7) == SAMPLED  # whoever comes from a version that is not known here: the whole
    assert said(None) is None  # whoever only begins
    assert RulesFeed(1).next(held(3), known(one, held(3))).data.find(b"traceparent") == -1  # type: ignore[union-attr]


async def test_a_fan_out_is_a_span_until_the_last_stream_is_woken(held: MakeHeld) -> None:
    recorded, hub = Recorded(), Hub(unproven)
    streams = [hub.watch(["e1"]) for _ in range(70)]

    hub.hear(replace(held(2, checkout={}), traceparent=SAMPLED))
    await asyncio.wait_for(asyncio.gather(*(stream.news(5) for stream in streams)), 5)

    span = recorded.one("flagforge.fan_out")
    told = {"flagforge.environment": "e1", "flagforge.version": 2, "flagforge.streams": 70}
    assert (parent_of(span), dict(span.attributes or {})) == (CALLER, told)
