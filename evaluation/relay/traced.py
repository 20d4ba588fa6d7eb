"""A relay whose answers are spans: by the door, never by the address, since people and keys stand in queries."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..delivery.tally import DOORS, ROOMS, door_of
from ..wire import spans
from ..wire.replies import Reply
from .application import Relay
from .asgi import Message, Receive, Scope, Send, headers_of
from .questions import Question


class TracedRelay(Relay):
    """Streams are none, for they are open for hours; neither are probes."""

    def reply_to(self, question: Question) -> Reply:
        if not _is_traced(question.path):
            return super().reply_to(question)
        with _answering(question.method, question.path, question.headers) as span:
            reply = super().reply_to(question)
            _describe(span, reply.status)
            return reply

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._stream_at(scope["path"]) is not None or not _is_traced(scope["path"]):
            await super()._http(scope, receive, send)
            return
        with _answering(scope["method"], scope["path"], headers_of(scope)) as span:

            async def sending(message: Message) -> None:
                if message["type"] == "http.response.start":
                    _describe(span, message["status"])
                await send(message)

            await super()._http(scope, receive, sending)


def _is_traced(path: str) -> bool:
    return spans.API in sys.modules and door_of(path) != "probe"


@contextmanager
def _answering(method: str, path: str, headers: Mapping[str, str]) -> Iterator[Any]:
    api: Any = sys.modules[spans.API]
    asked, route = spans.method_of(method), _route_of(path)
    told = {"http.request.method": asked, "http.route": route}
    context = spans.parent(api, spans.usable(headers.get("traceparent", "")))
    with spans.current(api, f"{asked} {route}", context, kind=api.SpanKind.SERVER, attributes=told) as span:
        yield span


def _route_of(path: str) -> str:
    """One of a few, whatever is asked for."""
    room = path.rpartition("/")[0]
    return path if path in DOORS else f"{room}/{{key}}" if room in ROOMS else "other"


def _describe(span: Any, status: int) -> None:
    span.set_attribute("http.response.status_code", status)
    if status >= 500:
        span.set_status(sys.modules[spans.API].StatusCode.ERROR)
