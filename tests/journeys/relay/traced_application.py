"""An application that traces, and evaluates flags by the Python SDK; ends when its input does."""

import os
import sys

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from evaluation.sdk.client import Client


def main() -> None:
    provider = TracerProvider(resource=Resource.create({"service.name": "shop"}))
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    client = Client(os.environ["SDK_KEY"], sys.argv[1])
    client.wait_until_ready(20)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    client.close()


if __name__ == "__main__":
    main()
