"""One trace is the whole way of a change: request, service, outbox, publication, relay, and the application's own SDK."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import transaction

from flags import services as flag_services
from flags.models import Flag
from tenants.actors import Actor
from tenants.models import Environment, OutboxEvent, Project
from tenants.roles import Role
from tenants.services import create_api_key
from tests.collector import Collector, collector
from tests.journeys.conftest import SOON, Serve, Server
from tests.journeys.relay.conftest import RelayProcess, StartRelay, is_on, until
from tests.journeys.relay.watched import ROOT, wait_until, worker

CALLER = "b7ad6b7169203331"
# From the caller to the application: who tells of it, and what it is called.
STATE = "organizations/<slug:organization>/projects/<slug:project>/flags/<str:flag>/environments/<slug:environment>"
WAY = [
    ("flagforge-web", f"PATCH /api/v1/{STATE}"),
    ("flagforge-web", "flagforge.flag.toggle"),
    ("flagforge-web", "flagforge.outbox.drain"),
    ("flagforge-web", "flagforge.publish"),
    ("flagforge-web", "flagforge.hear"),
    ("flagforge-relay", "flagforge.relay.apply"),
    ("shop", "flagforge.apply"),
]
# All that a span of ours ever says.
WORDS = {
    *("http.request.method", "http.route", "http.response.status_code", "url.scheme", "error.type"),
    *("flagforge.environment", "flagforge.version", "flagforge.flags_changed", "flagforge.outcome"),
    *("flagforge.events", "flagforge.streams", "flagforge.request_id"),
}
FLAG = "/api/v1/organizations/acme/projects/shop/flags/checkout/environments/development"


@pytest.fixture
def collected() -> Iterator[Collector]:
    with collector() as one:
        yield one


@pytest.fixture
def token(shop: Project, system: Actor) -> str:
    return create_api_key(kind="token", scope=shop, name="ci", role=Role.ADMIN, actor=system)[1]


def traceparent(trace: str, *, sampled: bool = True) -> str:
    return f"00-{trace}-{CALLER}-0{int(sampled)}"


def patch(web: Server, token: str, enabled: bool, trace: str, *, sampled: bool = True) -> None:
    headers = {"Authorization": f"Bearer {token}", "traceparent": traceparent(trace, sampled=sampled)}
    # What stands in a query is nobody's business.
    httpx.patch(web.url + FLAG + "?note=told-to-nobody", json={"enabled": enabled}, headers=headers).raise_for_status()


@contextlib.contextmanager
def application(url: str, key: str, variables: dict[str, str]) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.journeys.relay.traced_application", url]
    environment = {**os.environ, **variables, "SDK_KEY": key}
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, env=environment, **pipes) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        with process.stdin:
            assert process.stdout.readline() == "ready\n"
            yield


@pytest.mark.timeout(180)
def test_a_toggle_is_one_trace_and_a_collector_that_fails_harms_nothing(
    checkout: Flag,
    development: Environment,
    server_key: str,
    relay_key: str,
    token: str,
    serve: Serve,
    start_relay: StartRelay,
    collected: Collector,
    tmp_path: Path,
    settings: Any,
) -> None:
    settings.OUTBOX_NUDGE = False  # this process takes no part
    variables = {**collected.environment, "FLAGFORGE_LOG_JSON": "1", "FLAGFORGE_LOG_LEVEL": "INFO"}
    web = serve(**variables)
    relay = start_relay(web.url, variables=variables)
    with application(relay.url, server_key, variables):
        follow_a_change_to_the_application(web, token, collected)
        follow_a_question(relay, server_key, collected)
        leave_alone_what_is_not_sampled(web, relay, server_key, token, collected)
        with worker(tmp_path, variables) as log:
            follow_a_change_through_a_worker(checkout, development, collected, log)
        nothing_secret_was_told(collected, [server_key, relay_key, token])
        lose_the_collector(web, relay, server_key, token, collected)


def follow_a_change_to_the_application(web: Server, token: str, collected: Collector) -> None:
    trace = "1" * 32
    patch(web, token, True, trace)

    told = [("flagforge-web", "flagforge.fan_out"), ("flagforge-relay", "flagforge.fan_out")]
    wait_until(lambda: {*WAY, *told} <= collected.named(trace).keys(), web.log)

    spans = collected.named(trace)
    assert [spans[step].parent for step in WAY] == [CALLER, *(spans[step].id for step in WAY[:-1])]
    published, heard = spans[WAY[3]].attributes, spans[WAY[4]]
    assert (published["flagforge.flags_changed"], published["flagforge.outcome"]) == (1, "published")
    assert {spans[step].attributes["flagforge.version"] for step in WAY[3:]} == {published["flagforge.version"]}
    fan_outs = [spans[each] for each in told]
    assert [each.parent for each in fan_outs] == [heard.id, spans[WAY[5]].id]
    assert [each.attributes["flagforge.streams"] for each in fan_outs] == [1, 1]
    (line,) = [line for line in lines(web.log, "published") if line["trace_id"] == trace]
    assert line["span_id"] == spans[WAY[3]].id


def follow_a_question(relay: RelayProcess, server_key: str, collected: Collector) -> None:
    """As a gateway asks that traces itself."""
    trace = "2" * 32
    headers = {"X-API-Key": server_key, "traceparent": traceparent(trace)}
    httpx.get(f"{relay.url}/api/v1/sdk/flags/checkout?targetingKey=alice", headers=headers).raise_for_status()

    wait_until(lambda: collected.named(trace), relay.log)

    (span,) = collected.named(trace).values()
    assert (span.service, span.name, span.parent) == ("flagforge-relay", "GET /api/v1/sdk/flags/{key}", CALLER)
    assert span.attributes["http.response.status_code"] == 200


def leave_alone_what_is_not_sampled(
    web: Server, relay: RelayProcess, server_key: str, token: str, collected: Collector
) -> None:
    """The sampler asks the caller first: whoever does not record gets no trace, and none begins on the way."""
    before = {span.trace for span in collected.spans}
    patch(web, token, False, "3" * 32, sampled=False)
    until(lambda: not is_on(relay, server_key), SOON, relay.log)

    questions = {"GET /api/v1/sdk/flags/{key}", "GET /api/v1/sdk/relay/keys/{key}"}
    begun = [span for span in collected.spans if span.trace not in before and span.name not in questions]
    assert [span for span in begun if span.name in dict(WAY).values()] == []


def follow_a_change_through_a_worker(checkout: Flag, development: Environment, collected: Collector, log: Path) -> None:
    """The row says where it goes on, whoever works it off."""
    trace = "4" * 32
    with transaction.atomic():
        flag_services.toggle_flag(checkout, development, enabled=True, actor=Actor.system("test"))
        OutboxEvent.objects.filter(processed_at__isnull=True).update(traceparent=traceparent(trace))

    way = [("flagforge-worker", name) for _, name in WAY[2:4]] + WAY[4:]
    wait_until(lambda: set(way) <= collected.named(trace).keys(), log)

    spans = collected.named(trace)
    assert [spans[step].parent for step in way] == [CALLER, *(spans[step].id for step in way[:-1])]


def nothing_secret_was_told(collected: Collector, secrets: list[str]) -> None:
    ours = [span for span in collected.spans if span.service != "shop" or span.name.startswith("flagforge.")]
    assert {word for span in ours for word in span.attributes} <= WORDS
    told = b"".join(collected.bodies)
    for secret in (*secrets, "ff_", "checkout", "alice", "told-to-nobody"):
        assert secret.encode() not in told, secret
    assert {(span.service, span.resource["service.namespace"]) for span in ours if span.service != "shop"} == {
        (f"flagforge-{kind}", "flagforge") for kind in ("web", "relay", "worker")
    }
    assert all(len(span.resource["service.instance.id"]) == 32 for span in ours if span.service != "shop")


def lose_the_collector(web: Server, relay: RelayProcess, server_key: str, token: str, collected: Collector) -> None:
    """It takes what comes and never answers; a change is as quick as ever, and no process waits for it at its end."""
    asked = collected.asked
    collected.hangs.set()
    for number in range(6):
        wanted = number % 2 == 1
        patch(web, token, wanted, f"{5 + number:032x}")
        until(partial(has, relay, server_key, wanted), SOON, relay.log)
    until(lambda: collected.asked > asked, SOON, relay.log)
    began = time.monotonic()
    for process in (relay.process, web.process):
        process.terminate()
        process.wait(10)
    assert time.monotonic() - began < 10


def has(relay: RelayProcess, server_key: str, wanted: bool) -> bool:
    return is_on(relay, server_key) is wanted


def lines(log: Path, event: str) -> list[dict[str, Any]]:
    found = (json.loads(line) for line in log.read_text().splitlines() if line.startswith("{") and line.endswith("}"))
    return [line for line in found if line["event"] == event and "trace_id" in line]
