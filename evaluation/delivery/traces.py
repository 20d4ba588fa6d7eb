"""OpenTelemetry's traces of this process, sent where its standard variables say; without these it is not even imported."""

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

ENDPOINT, OF_TRACES = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
DISABLED, EXPORTER = "OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER"
# What else the library reads by itself.
STANDARD = (
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_SERVICE_NAME",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
)
# Longer nobody waits for a collector when a process ends: what it has not taken then is lost.
END_SECONDS = 2.0

log = logging.getLogger(__name__)


def endpoint_of(environ: Mapping[str, str]) -> str:
    """Where the collector is; "" where traces are off."""
    is_disabled = environ.get(DISABLED, "").strip().lower() == "true"
    if is_disabled or environ.get(EXPORTER, "").strip() == "none":
        return ""
    return (environ.get(OF_TRACES) or environ.get(ENDPOINT) or "").strip()


def begin(environ: Mapping[str, str], kind: str, *, version: str, instance_id: str) -> Callable[[], None] | None:
    """Trace from now on; returns what sends the rest and ends it. `kind` is web, worker, or relay.

    None where traces are off, and where they cannot be: why not is a line in the log, and the process works as without.
    """
    if not endpoint_of(environ):
        return None
    told = {"service.namespace": "flagforge", "service.name": f"flagforge-{kind}", "service.version": version}
    try:
        return _begun({**told, "service.instance.id": instance_id})
    except ImportError as error:
        log.warning('no traces: %s. pip install "flagforge-sdk[traces]" has what that needs', error)
    except Exception as error:  # whatever a variable says, flags are served
        log.warning("no traces: OTEL_… variables cannot be used: %s: %s", type(error).__name__, error)
    return None


def _begun(told: dict[str, str]) -> Callable[[], None]:
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    # While a collector is away, each try would be a line.
    logging.getLogger("opentelemetry").setLevel(logging.ERROR)
    # What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say counts more; the sampler is OTEL_TRACES_SAMPLER's.
    resource = Resource.create(dict(told)).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return lambda: _end(provider)


def _end(provider: Any) -> None:
    """In a thread that nobody has to wait for: its own patience with a collector that hangs is half a minute."""
    ending = threading.Thread(target=provider.shutdown, name="traces", daemon=True)
    ending.start()
    ending.join(END_SECONDS)
