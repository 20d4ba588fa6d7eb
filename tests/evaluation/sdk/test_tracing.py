"""Evaluations on the spans of the real OpenTelemetry SDK."""

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Tracer

from evaluation.sdk.testing import TestData
from evaluation.sdk.tracing import trace_evaluations

pytest_plugins = ["evaluation.sdk.pytest_plugin"]


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracer(spans: InMemorySpanExporter) -> Tracer:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    return provider.get_tracer("shop")


def events(spans: InMemorySpanExporter) -> list[dict[str, object]]:
    (span,) = spans.get_finished_spans()
    assert {event.name for event in span.events} <= {"feature_flag.evaluation"}
    return [dict(event.attributes or {}) for event in span.events]


def test_an_evaluation_is_an_event_of_the_current_span(
    flagforge: TestData, tracer: Tracer, spans: InMemorySpanExporter
) -> None:
    flagforge.flag("checkout").rule("on", country="LV").serves("off")
    client = flagforge.client()
    trace_evaluations(client)

    with tracer.start_as_current_span("page"):
        client.is_enabled("checkout", False, {"user_id": "alice", "country": "LV"})
        client.is_enabled("unknown", False, {"targetingKey": "alice"})
        client.is_enabled("checkout", False, 7)  # type: ignore[arg-type]  # no context

    shared = {"feature_flag.provider.name": "flagforge"}
    error = {**shared, "feature_flag.result.reason": "error"}
    assert events(spans) == [
        {
            **shared,
            "feature_flag.key": "checkout",
            "feature_flag.result.reason": "targeting_match",
            "feature_flag.result.variant": "on",
            "feature_flag.version": "1",
            "feature_flag.context.id": "alice",
        },
        {
            **error,
            "feature_flag.key": "unknown",
            "error.type": "flag_not_found",
            "error.message": "there is no such flag here",
        },
        {
            **error,
            "feature_flag.key": "checkout",
            "error.type": "invalid_context",
            "error.message": "a context is a mapping of attributes, not int",
        },
    ]


def test_where_no_span_is_recorded_nothing_happens_and_it_can_be_ended(
    flagforge: TestData, tracer: Tracer, spans: InMemorySpanExporter
) -> None:
    flagforge.set("checkout", True)
    client = flagforge.client()
    end = trace_evaluations(client)

    assert client.is_enabled("checkout")
    end()
    with tracer.start_as_current_span("page"):
        assert client.is_enabled("checkout")

    assert events(spans) == []
