"""A program with nothing but a token builds a project, evaluates it at the SDK API, and repeats itself without change."""

from typing import Any

import pytest
from django.test import Client

from flags.models import Flag, FlagConfig, Segment
from tenants import outbox
from tenants.models import AuditEvent, OutboxEvent
from tests.tenants.api.conftest import ACME, SHOP, Caller, problem_of

pytestmark = pytest.mark.django_db(transaction=True)

FLAG = f"{SHOP}/flags/new-checkout"
STATE = f"{FLAG}/environments/production"
RULES = {
    "enabled": True,
    "off": "off",
    "rules": [
        {"id": "staff", "if": {"segment": "staff"}, "serve": {"variant": "on"}},
        {"id": "beta", "serve": {"split": {"weights": {"on": 25, "off": 75}}}},
    ],
    "fallthrough": {"variant": "off"},
    "comment": "the pilot went well",
}
PUTS: list[tuple[str, dict[str, Any]]] = [
    (SHOP, {"name": "The shop"}),
    (f"{SHOP}/environments/production", {"name": "Production", "color": "ember", "is_protected": True}),
    (f"{SHOP}/environments/staging", {"name": "Staging"}),
    (f"{SHOP}/segments/staff", {"included": ["user-7"], "comment": "people of ours"}),
    (FLAG, {"type": "boolean", "name": "New checkout", "tags": ["checkout"]}),
    (f"{SHOP}/flags/price-format", {"type": "string", "variants": {"short": "9.9", "long": "9.90"}}),
    (STATE, RULES),
]


@pytest.fixture(autouse=True)
def built(program: Caller) -> None:
    for path, body in PUTS:
        answer = program.put(path, body)
        assert answer.status_code == (200 if path == STATE else 201), answer.content


def test_what_it_built_is_served(program: Caller, client: Client) -> None:
    made = program.post(
        f"{ACME}/keys/", {"kind": "server", "name": "shop", "project": "shop", "environment": "production"}
    ).json()
    outbox.drain()

    answer = client.get(
        "/api/v1/sdk/flags/new-checkout", {"targetingKey": "user-7"}, headers={"X-API-Key": made["secret"]}
    )

    assert answer.json()["value"] is True
    assert answer.json()["metadata"] == {"rule": "staff"}


def test_every_put_again_changes_nothing(program: Caller) -> None:
    rows = (Flag.history, FlagConfig.history, Segment.history, AuditEvent.objects, OutboxEvent.objects)
    first = [program.get(path).json() for path, _ in PUTS]
    before = [manager.count() for manager in rows]

    again = [program.put(path, body) for path, body in PUTS]

    assert [answer.status_code for answer in again] == [200] * len(PUTS)
    assert [answer.json() for answer in again] == first
    assert [manager.count() for manager in rows] == before


def test_what_was_answered_can_be_put_back(program: Caller) -> None:
    before = AuditEvent.objects.count()

    for path, _ in PUTS:
        found = program.get(path)

        assert program.put(path, found.json()).json() == found.json()
    assert AuditEvent.objects.count() == before


def test_a_stale_if_match_is_a_conflict_that_loses_nothing(program: Caller) -> None:
    edited = int(program.get(STATE)["ETag"].strip('"'))
    program.patch(STATE, {"enabled": False}, if_match=edited)
    now = program.get(STATE).json()

    problem = problem_of(program.put(STATE, RULES, if_match=edited), 409, "version-conflict")

    assert problem["title"] == "Somebody saved first"
    assert f"You edited version {edited}" in problem["detail"]
    assert program.get(STATE).json() == now
