"""Contexts that the control plane evaluates for others become attributes too, classed like all others."""

import json
import zlib
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from analytics.attributes import observer, seen
from analytics.attributes.services import classify_attributes
from analytics.folding import fold
from analytics.models import SeenAttribute, TelemetryBatch
from analytics.tallies import unpressed
from evaluation.api import doors
from evaluation.delivery.observing import Observing
from evaluation.wire.observed import ALL_OTHERS
from tenants import outbox
from tenants.actors import Actor
from tenants.models import Environment, Project
from tests.evaluation.conftest import MakeFlag

pytestmark = pytest.mark.django_db
CONTEXT = {"targetingKey": "user-7", "plan": "premium", "city": "Pune"}


@pytest.fixture(autouse=True)
def every_question_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = Observing("flagforge-control-plane", {ALL_OTHERS: "plain"}, every=1)
    for module in (doors, observer):
        monkeypatch.setattr(module, "observing", fresh)


@pytest.mark.parametrize("path", ["/api/v1/sdk/flags", "/api/v1/sdk/flags/checkout", "/ofrep/v1/evaluate/flags"])
def test_what_is_asked_becomes_attributes(
    path: str, client: Client, client_key: str, a_flag: MakeFlag, shop: Project, system: Actor
) -> None:
    a_flag("checkout")
    outbox.drain()
    classify_attributes(shop, {"plan": "plain"}, actor=system)
    sent: dict[str, Any] = {"data": json.dumps({"context": CONTEXT}), "content_type": "application/json"}
    assert client.post(path, **sent, headers={"X-API-Key": client_key}).status_code == 200

    observer.tell(timezone.now())

    stored = zlib.decompress(TelemetryBatch.objects.get().contexts).decode()
    assert "premium" in stored
    assert "Pune" not in stored
    assert "user-7" not in stored
    fold(now=timezone.now())
    row = SeenAttribute.objects.get(name="plan")
    assert [each.value for each in seen.values(unpressed(bytes(row.content)))] == ["premium"]
    assert unpressed(bytes(row.content))["kinds"] == {"client": 1}


def test_what_was_told_is_told_once_and_not_for_an_environment_that_is_gone(
    client: Client, client_key: str, a_flag: MakeFlag, development: Environment
) -> None:
    a_flag("checkout")
    outbox.drain()
    client.get("/api/v1/sdk/flags", {"plan": "free"}, headers={"X-API-Key": client_key})
    Environment.with_deleted.filter(pk=development.pk).update(deleted_at=timezone.now())

    observer.tell(timezone.now())
    observer.tell(timezone.now())

    assert not TelemetryBatch.with_deleted.exists()
