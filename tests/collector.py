"""A collector of traces: OTLP over HTTP, as OpenTelemetry's own takes them. It may also take a request and never answer."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Told:
    """A span, with what its process says of itself."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, Any]
    resource: dict[str, Any]


class Collector:
    """`asked` counts requests, those too that are never answered while it `hangs`."""

    def __init__(self) -> None:
        self.spans: list[Told] = []
        self.bodies: list[bytes] = []
        self.asked = 0
        self.hangs = threading.Event()
        self.ended = threading.Event()

    @property
    def environment(self) -> dict[str, str]:
        """The standard variables of a process that sends its spans here, without waiting long for more."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.url, "OTEL_BSP_SCHEDULE_DELAY": "50"}

    def named(self, trace: str) -> dict[tuple[str, str], Told]:
        """The spans of a trace by service and name."""
        return {(span.service, span.name): span for span in list(self.spans) if span.trace == trace}

    def take(self, path: str, body: bytes) -> None:
        self.asked += 1
        if self.hangs.is_set():
            self.ended.wait()
            return
        assert path == "/v1/traces"
        self.bodies.append(body)
        for resources in ExportTraceServiceRequest.FromString(body).resource_spans:
            about = _plain(resources.resource.attributes)
            for scope in resources.scope_spans:
                self.spans += [_told(span, about) for span in scope.spans]

    def begin(self, url: str) -> None:
        self.url = url


def _told(span: Any, about: dict[str, Any]) -> Told:
    ids = span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex()
    return Told(about["service.name"], span.name, *ids, _plain(span.attributes), about)


def _plain(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


@contextlib.contextmanager
def collector() -> Iterator[Collector]:
    collected = Collector()

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collected.take(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            with contextlib.suppress(OSError):
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, *_: Any) -> None:
            """A test prints nothing of it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    collected.begin(f"http://127.0.0.1:{server.server_port}")
    try:
        yield collected
    finally:
        collected.ended.set()
        server.shutdown()
        server.server_close()
