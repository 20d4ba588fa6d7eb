"""Spans of the control plane, in OpenTelemetry's traces. As long as nobody called `begin`, each is a look at one name.

Attributes are ids, versions, counts and classes of errors: never a flag's key or value, an address, a header or a query.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import wraps
from itertools import islice
from typing import Any, ParamSpec, TypeVar

from structlog.typing import EventDict

TRACER = "flagforge"
# A batch of changes may come from so many other traces that are named.
MOST_LINKS = 8

Asked = ParamSpec("Asked")
Given = TypeVar("Given")

_nothing: AbstractContextManager[Any] = nullcontext()
_api: Any = None


def begin() -> None:
    """When this process has somewhere to send its spans."""
    global _api
    from opentelemetry import trace

    _api = trace


def end() -> None:
    global _api
    _api = None


def is_on() -> bool:
    return _api is not None


def traceparent() -> str:
    """Of the span that this thread is in, as W3C writes it; "" outside of any."""
    return "" if _api is None else _written(_api.get_current_span().get_span_context())


def span(name: str) -> AbstractContextManager[Any]:
    """Around a block, in the trace that this thread is in; gives the span, None while traces are off."""
    return _nothing if _api is None else _span(name)


def after(name: str, causes: Iterable[Any]) -> AbstractContextManager[Any]:
    """The same for work that was left to be done: in the trace of its first cause, and linked to those of the others.

    A cause has a `traceparent`.
    """
    return _nothing if _api is None else _after(name, [cause.traceparent for cause in causes])


def request(name: str, told: str, attributes: dict[str, Any]) -> AbstractContextManager[Any]:
    """Around a request, in the trace that its header `traceparent` names. Only while traces are on."""
    return _span(name, _below(told), kind=_api.SpanKind.SERVER, attributes=attributes)


def within(told: str) -> AbstractContextManager[Any]:
    """Be in a span that is over, for lines of the log."""
    return _nothing if _api is None else _api.use_span(_api.get_current_span(_below(told)))


def traced(verb: str) -> Callable[[Callable[Asked, Given]], Callable[Asked, Given]]:
    """For a service that changes something: a span by the name of its verb."""

    def around(service: Callable[Asked, Given]) -> Callable[Asked, Given]:
        @wraps(service)
        def call(*given: Asked.args, **named: Asked.kwargs) -> Given:
            if _api is None:
                return service(*given, **named)
            with _span(f"flagforge.{verb}"):
                return service(*given, **named)

        return call

    return around


def fail(span: Any) -> None:
    span.set_status(_api.StatusCode.ERROR)


def name_line(_: Any, __: str, line: EventDict) -> EventDict:
    """For the log: which trace a line belongs to."""
    if _api is not None and (context := _api.get_current_span().get_span_context()).is_valid:
        line["trace_id"], line["span_id"] = f"{context.trace_id:032x}", f"{context.span_id:016x}"
    return line


@contextmanager
def _span(name: str, context: Any = None, **more: Any) -> Iterator[Any]:
    """Of what breaks it says the class alone, since messages may quote anything."""
    kept_quiet = {"record_exception": False, "set_status_on_exception": False}
    with _api.get_tracer(TRACER).start_as_current_span(name, context, **kept_quiet, **more) as span:
        try:
            yield span
        except Exception as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(_api.StatusCode.ERROR)
            raise


def _after(name: str, told: Iterable[str]) -> AbstractContextManager[Any]:
    first, *others = dict.fromkeys(filter(None, told)) or [""]
    contexts = (_api.get_current_span(_below(each)).get_span_context() for each in islice(others, MOST_LINKS))
    links = [_api.Link(context) for context in contexts if context.is_valid]
    return _span(name, _below(first), kind=_api.SpanKind.CONSUMER, links=links)


def _below(told: str) -> Any:
    """What cannot be read is no parent, and neither is the span that this thread happens to be in."""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    nowhere = _api.set_span_in_context(_api.INVALID_SPAN)
    return TraceContextTextMapPropagator().extract({"traceparent": told}, nowhere)


def _written(context: Any) -> str:
    if not context.is_valid:
        return ""
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
