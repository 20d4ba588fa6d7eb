"""Traces of control planes and workers: begun with the process, and a span around each request."""

import asyncio
import os
from collections.abc import Callable
from typing import Any

from celery.signals import worker_init, worker_shutdown
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from evaluation.delivery import traces
from evaluation.delivery.tally import door_of
from evaluation.wire import spans
from flagforge import heart
from tenants import tracing

Answering = Callable[[HttpRequest], HttpResponseBase]

_end: Callable[[], None] | None = None


def begin(kind: str) -> None:
    """Before anything is made that answers: what traces a request is only there when traces are on."""
    global _end
    _end = traces.begin(os.environ, kind, version=settings.VERSION, instance_id=heart.own_id())
    if _end is not None:
        tracing.begin()


def end() -> None:
    global _end
    tracing.end()
    ended, _end = _end, None
    if ended is not None:
        ended()


async def stop() -> None:
    """With the control plane."""
    await asyncio.to_thread(end)


@worker_init.connect
def _worker_starts(**_: Any) -> None:
    begin("worker")


@worker_shutdown.connect
def _worker_stops(**_: Any) -> None:
    end()


def around(answer: Answering) -> Answering:
    """The same with a span around it; while traces are off, the very same."""
    if not tracing.is_on():
        return answer

    def answered(request: HttpRequest) -> HttpResponseBase:
        if door_of(request.path) == "probe":
            return answer(request)
        method = spans.method_of(str(request.method))
        told = {"http.request.method": method, "url.scheme": str(request.scheme)}
        with tracing.request(method, request.headers.get("traceparent", ""), told) as span:
            response = answer(request)
            if span.is_recording():
                _describe(span, request, response)
            return response

    return answered


def _describe(span: Any, request: HttpRequest, response: HttpResponseBase) -> None:
    """By the route, not the address: there may be secrets in an address, and people in a query."""
    if (found := getattr(request, "resolver_match", None)) is not None:
        span.update_name(f"{spans.method_of(str(request.method))} /{found.route}")
        span.set_attribute("http.route", f"/{found.route}")
    span.set_attribute("http.response.status_code", response.status_code)
    span.set_attribute("flagforge.request_id", getattr(request, "request_id", ""))
    if response.status_code >= 500:
        tracing.fail(span)
