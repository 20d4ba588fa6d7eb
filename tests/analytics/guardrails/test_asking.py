"""Prometheus is asked in good order: what it answers so many times in a row breaks a limit, and what is no number never does."""

import ipaddress
import itertools
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from analytics.guardrails import asking
from analytics.guardrails.asking import EVERY
from analytics.guardrails.services import create_guardrail, dismiss_guardrail, edit_guardrail
from analytics.models import Guardrail, GuardrailPoint
from flags.models import Flag, FlagConfig
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment
from tenants.models.base import new_id
from tenants.webhooks.sending import Answer
from tests.tenants.webhooks.endpoint import Endpoint, an_endpoint, says

pytestmark = pytest.mark.django_db
Ask = Callable[..., Guardrail]


def answered(value: object) -> str:
    result = [{"metric": {}, "value": [1795773605.1, str(value)]}]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}})


@pytest.fixture
def prometheus(settings: Any) -> Iterator[Endpoint]:
    settings.WEBHOOK_NETWORKS = (ipaddress.ip_network("127.0.0.0/8"),)
    with an_endpoint(says(200, answered(0.5))) as endpoint:
        yield endpoint


@pytest.fixture
def watching(served: Flag, development: Environment, as_ada: Actor, prometheus: Endpoint) -> Guardrail:
    given = {
        "name": "Latency",
        "source": "prometheus",
        "url": prometheus.url("/base"),
        "query": 'avg(latency{flag="checkout"})',
        "budget": 1.0,
        "token": "s3cret",
    }
    return create_guardrail(served, development, given, actor=as_ada)


@pytest.fixture
def ask(watching: Guardrail, prometheus: Endpoint) -> Ask:
    """`ask(answered(2))`: it is asked once more, a while later."""
    begin, asked = timezone.now(), iter(range(100))

    def look(content: str = "", status: int = 200) -> Guardrail:
        prometheus.behave = says(status, content)
        assert asking.ask(now=begin + next(asked) * EVERY) == 1
        found: Guardrail = Guardrail.objects.get()
        return found

    return look


def is_on(environment: Environment) -> bool:
    return bool(FlagConfig.objects.filter(environment=environment, enabled=True).exists())


def test_it_is_asked_the_query_with_the_token(ask: Ask, prometheus: Endpoint) -> None:
    seen = ask(answered(0.25))

    request = prometheus.received[0]
    assert request.path == "/base/api/v1/query"
    assert request.headers["authorization"] == "Bearer s3cret"
    assert request.body == b"query=avg%28latency%7Bflag%3D%22checkout%22%7D%29"
    assert (seen.evidence["values"], seen.evidence["in_a_row"], seen.fault) == ([0.25], 0, "")
    assert GuardrailPoint.objects.get().value == 0.25


def test_so_many_answers_in_a_row_break_it(ask: Ask, development: Environment) -> None:
    for value in (2, 3, 0.5, 2, 3):
        ask(answered(value))
    assert is_on(development)

    seen = ask(answered(4))

    assert not is_on(development)
    assert (seen.state, seen.evidence["values"]) == ("breached", [2, 3, 4])
    assert "Prometheus answered 2, 3, 4 since" in AuditEvent.objects.get(verb="flag.killed").comment


def test_values_below_may_be_what_breaks_it(ask: Ask, as_ada: Actor, development: Environment) -> None:
    edit_guardrail(Guardrail.objects.get(), {"is_above": False, "samples": 1}, actor=as_ada)

    assert ask(answered(1.5)).state == "watching"
    assert ask(answered(0.5)).state == "breached"


def test_a_scalar_is_a_number_too(ask: Ask) -> None:
    seen = ask(json.dumps({"status": "success", "data": {"resultType": "scalar", "result": [1, "7"]}}))

    assert seen.evidence["values"] == [7.0]


@pytest.mark.parametrize(
    ("content", "status", "says_why"),
    [
        ('{"status": "success", "data": {"resultType": "vector", "result": []}}', 200, "there is no data"),
        (answered("NaN"), 200, "the answer is no number: NaN"),
        (answered("+Inf"), 200, "the answer is no number: +Inf"),
        (answered("9").replace('"result": [', '"result": [{"value": [1, "1"]}, '), 200, "the query has 2 values"),
        ("<html>", 200, "the answer is none of Prometheus"),
        ("[]", 200, "the answer is none of Prometheus"),
        (answered("9").replace('"9"', "9" * 400), 200, "the answer is none of Prometheus"),
        ("[" * 60_000, 200, "the answer is none of Prometheus"),
        ("[" * 60_000, 400, "it answered 400"),
        ('{"error": "no \\u0000 or \\ud800 of it"}', 400, "it answered 400: no � or � of it"),
        ('{"status": "error", "error": "parse error"}', 400, "it answered 400: parse error"),
        ("", 503, "it answered 503"),
        ("", 302, "redirects are not followed"),
    ],
)
def test_what_is_no_number_is_told_and_ends_a_row(
    ask: Ask, development: Environment, content: str, status: int, says_why: str
) -> None:
    for _ in range(2):
        ask(answered(9))

    assert says_why in ask(content, status).fault
    assert ask(answered(9)).state == "watching"

    assert is_on(development)
    assert Guardrail.objects.get().fault == ""


def test_an_address_that_was_taken_back_is_not_asked(ask: Ask, prometheus: Endpoint, settings: Any) -> None:
    settings.WEBHOOK_NETWORKS = ()

    assert "where no webhook may go" in ask(answered(9)).fault
    assert not prometheus.received


def test_each_is_asked_once_in_its_time(ask: Ask, prometheus: Endpoint) -> None:
    ask(answered(1))

    assert asking.ask(now=timezone.now() + timedelta(seconds=1)) == 0
    assert len(prometheus.received) == 1


@pytest.fixture
def many(watching: Guardrail) -> None:
    """Beside the one that was never asked three that answered last, and three that did not, all of them due."""
    copied = {field.attname: getattr(watching, field.attname) for field in Guardrail._meta.concrete_fields}
    for hours, fault in itertools.product((1, 2, 3), ("", "no data")):
        asked_at = timezone.now() - timedelta(hours=hours)
        given = {"id": new_id(), "name": f"{hours}{fault}", "asked_at": asked_at, "fault": fault, "sealed_token": ""}
        Guardrail.objects.bulk_create([Guardrail(**(copied | given))])


def test_whoever_waited_longest_is_asked_first_and_all_of_them_in_a_round(
    many: None, prometheus: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    monkeypatch.setattr(asking, "AT_ONCE", 2)
    monkeypatch.setattr(asking, "LONGEST", 0.0)

    assert asking.ask(now=now) == 4
    first = Guardrail.objects.filter(asked_at=now).values_list("name", flat=True)
    assert set(first) == {"Latency", "3", "3no data", "2no data"}

    monkeypatch.setattr(asking, "LONGEST", 60.0)
    with asking._round:
        assert asking.ask(now=now) == 0
    assert asking.ask(now=now) == 3
    later = now + EVERY
    assert asking.ask(now=later) == 7
    assert len(prometheus.received) == 14
    assert {*Guardrail.objects.values_list("asked_at", "fault")} == {(later, "")}


def test_what_is_answered_after_it_was_dismissed_is_nobodys_business(watching: Guardrail, as_ada: Actor) -> None:
    claimed = asking._claimed(timezone.now(), has_failed=False)
    dismiss_guardrail(watching, actor=as_ada)

    for each in claimed:
        asking._settle(each, Answer(200, 1, answered(9)), timezone.now())

    assert not GuardrailPoint.objects.exists()
    assert Guardrail.objects.get().state == "dismissed"
