"""Spans within a trace that was begun elsewhere, told of by a W3C `traceparent`.

Only where OpenTelemetry is imported already: a process that traces has done that. Everywhere else the traceparent is handed on
as it came, and costs one look into a dictionary.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

API, TRACER = "opentelemetry.trace", "flagforge"
USABLE = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE")
ENVIRONMENT, VERSION, STREAMS = "flagforge.environment", "flagforge.version", "flagforge.streams"


def usable(said: object) -> str:
    """The text if it is a traceparent, else ""."""
    return said if isinstance(said, str) and USABLE.fullmatch(said) else ""


def method_of(said: str) -> str:
    """One of a few, whatever a client says; the other word is that of OpenTelemetry's conventions."""
    return said if said in METHODS else "_OTHER"


def told(environment_id: str, document: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The traceparent that came with a put or a delta, and what a span of taking that tells."""
    traceparent = usable(document.get("traceparent"))
    if not traceparent:
        return "", {}
    version = document.get("to", document.get("version"))
    return traceparent, {ENVIRONMENT: environment_id, VERSION: version if isinstance(version, int) else 0}


def continued(name: str, traceparent: str, attributes: dict[str, Any]) -> AbstractContextManager[str]:
    """A span below the one that is named; gives the traceparent for whatever follows, "" where nobody records that."""
    api = sys.modules.get(API) if traceparent else None
    return nullcontext(traceparent) if api is None else _below(api, name, traceparent, attributes)


def begun(name: str, traceparent: str, attributes: dict[str, Any]) -> Callable[[], None] | None:
    """The same for work that no block of code contains: what ends it."""
    api = sys.modules.get(API) if traceparent else None
    if api is None:
        return None
    end: Callable[[], None] = _tracer(api).start_span(name, parent(api, traceparent), attributes=attributes).end
    return end


def named_here() -> dict[str, str]:
    """For a line of the log: the ids of the trace and the span that it belongs to, where there are any."""
    api = sys.modules.get(API)
    context = api.get_current_span().get_span_context() if api is not None else None
    if context is None or not context.is_valid:
        return {}
    return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}


@contextmanager
def _below(api: Any, name: str, traceparent: str, attributes: dict[str, Any]) -> Iterator[str]:
    with current(api, name, parent(api, traceparent), kind=api.SpanKind.CONSUMER, attributes=attributes) as span:
        yield written(span) if span.get_span_context().trace_flags.sampled else ""


@contextmanager
def current(api: Any, name: str, context: Any, **more: Any) -> Iterator[Any]:
    """A span around a block; of what breaks that it says the class alone, since messages may quote anything."""
    kept_quiet = {"record_exception": False, "set_status_on_exception": False}
    with _tracer(api).start_as_current_span(name, context, **kept_quiet, **more) as span:
        try:
            yield span
        except Exception as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(api.StatusCode.ERROR)
            raise


def parent(api: Any, traceparent: str) -> Any:
    """The context in which a span's parent is the one that is named; the traceparent must be `usable`, or ""."""
    if not traceparent:
        return api.set_span_in_context(api.INVALID_SPAN)
    return api.set_span_in_context(api.NonRecordingSpan(context_of(api, traceparent)))


def context_of(api: Any, traceparent: str) -> Any:
    _, trace_id, span_id, flags = traceparent.split("-")
    flags_of = api.TraceFlags(int(flags, 16) & api.TraceFlags.SAMPLED)
    return api.SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=flags_of)


def written(span: Any) -> str:
    """As W3C writes it; "" for a span that is in no trace."""
    context = span.get_span_context()
    if not context.is_valid:
        return ""
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def _tracer(api: Any) -> Any:
    return api.get_tracer(TRACER)
