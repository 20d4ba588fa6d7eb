"""Where in a trace a change was made goes with it through the outbox; without traces nothing does."""

import io
import logging
from collections.abc import Iterator, Sequence

import pytest
from django.db import transaction

from flags import services as flag_services
from tenants import logs, outbox, tracing
from tenants.actors import Actor
from tenants.models import Environment, OutboxEvent, Project
from tests.recording import CALLER, SAMPLED, TRACE, Recorded, id_of, parent_of, traceparent_of

OTHER = f"00-{'2' * 32}-{'3' * 16}-01"


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    tracing.begin()
    yield Recorded()
    tracing.end()


@pytest.fixture
def quiet(development: Environment, production: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    OutboxEvent.objects.all().delete()
    monkeypatch.setattr(outbox, "_handlers", [])


def put(environment: Environment, traceparent: str = "") -> OutboxEvent:
    with transaction.atomic():
        event = outbox.put("test.happened", environment)
        if traceparent:
            OutboxEvent.objects.filter(pk=event.pk).update(traceparent=traceparent)
        return event


@pytest.mark.usefixtures("quiet")
def test_without_traces_rows_say_nothing_and_nothing_is_recorded(development: Environment) -> None:
    kept = Recorded()
    event = put(development)
    with tracing.span("flagforge.publish") as span, tracing.within(SAMPLED):
        assert (span, tracing.is_on(), tracing.traceparent()) == (None, False, "")
    outbox.drain()

    assert event.traceparent == ""
    assert kept.all() == []


@pytest.mark.usefixtures("quiet")
def test_a_service_is_a_span_whose_rows_go_on_below_it(
    recorded: Recorded, shop: Project, development: Environment, system: Actor
) -> None:
    checkout = flag_services.create_flag(shop, {"key": "checkout", "type": "boolean"}, actor=system).thing
    OutboxEvent.objects.all().delete()
    with tracing.request("PATCH", SAMPLED, {}):
        flag_services.toggle_flag(checkout, development, enabled=True, actor=system)
    service, (event,) = recorded.one("flagforge.flag.toggle"), OutboxEvent.objects.all()

    outbox.drain()

    assert parent_of(recorded.one("PATCH")) == CALLER
    assert parent_of(service) == id_of(recorded.one("PATCH"))
    assert event.traceparent == traceparent_of(service)
    drained = recorded.one("flagforge.outbox.drain")
    assert parent_of(drained) == id_of(service)
    assert dict(drained.attributes or {}) == {"flagforge.environment": development.id, "flagforge.events": 1}


@pytest.mark.usefixtures("quiet")
def test_a_batch_is_in_the_first_trace_and_linked_to_the_others(recorded: Recorded, development: Environment) -> None:
    for told in (SAMPLED, "", SAMPLED, OTHER, "00-damaged"):
        put(development, told)

    outbox.drain()

    span = recorded.one("flagforge.outbox.drain")
    assert (parent_of(span), (span.attributes or {})["flagforge.events"]) == (CALLER, 5)
    assert [f"{link.context.trace_id:032x}" for link in span.links] == ["2" * 32]


@pytest.mark.usefixtures("quiet")
def test_a_handler_that_fails_shows_by_its_class(
    recorded: Recorded, development: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(environment: Environment, events: Sequence[OutboxEvent]) -> None:
        raise ConnectionError("postgresql://user:password@host")

    outbox.listen("test.", fail)
    put(development, SAMPLED)

    assert outbox.drain() == 0

    span = recorded.one("flagforge.outbox.drain")
    assert ((span.attributes or {})["error.type"], span.status.is_ok) == ("ConnectionError", False)
    assert "password" not in span.to_json()


def test_lines_of_the_log_name_their_trace(recorded: Recorded) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.formatter(as_json=True))
    log = logging.Logger("test")
    log.addHandler(handler)

    with tracing.within(SAMPLED):
        log.warning("inside")
    log.warning("outside")

    inside, outside = stream.getvalue().splitlines()
    assert f'"trace_id": "{TRACE}", "span_id": "{CALLER}"' in inside
    assert "trace_id" not in outside
