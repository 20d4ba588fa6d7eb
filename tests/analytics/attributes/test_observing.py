"""Contexts of batches become attributes seen, exactly once, and nothing is stored that their class does not allow."""

import itertools
import json
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from analytics import folding, services, tasks
from analytics.attributes import folding as attributes
from analytics.attributes import seen
from analytics.attributes.services import classify_attributes, forget_attribute
from analytics.folding import fold, refold
from analytics.models import AttributePrivacy, SeenAttribute, TelemetryBatch
from analytics.tallies import unpressed
from evaluation.delivery.held import HeldKey
from evaluation.delivery.senders import Sender
from evaluation.wire.observed import told
from evaluation.wire.telemetry import read_batch
from flagforge.celery import app
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Project
from tenants.permissions import NotAllowed
from tenants.problems import Invalid
from tests.analytics.batches import batch
from tests.conftest import AtOnce

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 27, 10, 30, tzinfo=UTC)
Tell = Callable[..., None]


@pytest.fixture
def tell(development: Environment) -> Tell:
    """`tell({"plan": "free"}, ago=timedelta(hours=3))`: contexts in a batch, as they were asked with."""
    numbers = itertools.count()

    def keep(
        *contexts: dict[str, Any],
        ago: timedelta = timedelta(),
        name: str = "",
        kind: str = "server",
        environment: Environment = development,
    ) -> None:
        key = HeldKey("", "", kind, environment.organization_id, "", environment.id, "", None)
        at = (NOW - ago).isoformat()
        judged = read_batch(batch(name or f"b{next(numbers)}", at=at, contexts=list(contexts)))
        services.keep_batch(judged, Sender(key, environment.id, kind), environment.organization_id, now=NOW)

    return keep


def found(name: str, environment: Environment | None = None) -> dict[str, Any]:
    """What is stored of an attribute."""
    rows = SeenAttribute.objects.filter(name=name)
    row = rows.get(environment=environment) if environment else rows.get()
    return unpressed(row.content)


def values_of(name: str) -> list[Any]:
    return [each.value for each in seen.values(found(name))]


def everything_stored() -> str:
    """Every byte of telemetry that is stored, as text."""
    raw = [batch.contexts for batch in TelemetryBatch.objects.all() if batch.contexts]
    raw += [batch.content for batch in TelemetryBatch.objects.all()]
    raw += [row.content for row in SeenAttribute.objects.all() if row.content]
    return "\n".join(zlib.decompress(each).decode() for each in raw)


def test_contexts_become_attributes_with_types_and_values(tell: Tell, shop: Project, system: Actor) -> None:
    classify_attributes(shop, {"plan": "plain"}, actor=system)
    tell({"targetingKey": "u1", "plan": "free"}, {"targetingKey": "u2", "plan": "pro", "app": {"build": 7}})
    fold(now=NOW)

    assert sorted(SeenAttribute.objects.values_list("name", flat=True)) == ["", "app.build", "plan", "targetingKey"]
    assert (found("plan")["contexts"], found("plan")["types"]) == (2, {"string": 2})
    assert sorted(values_of("plan")) == ["free", "pro"]
    assert found("app.build")["types"] == {"number": 1}
    assert found("")["contexts"] == 2


def test_no_value_is_stored_unless_its_attribute_is_plain(tell: Tell, shop: Project, system: Actor) -> None:
    classify_attributes(shop, {"plan": "plain", "age": "never"}, actor=system)
    secrets = {"targetingKey": "user-7", "email": "ravi@example.com", "city": "Pune", "age": 4912, "plan": "premium"}
    tell(secrets)

    for moment in ("before it is folded", "after"):
        stored = everything_stored()
        assert "premium" in stored, moment
        for secret in ("user-7", "ravi", "Pune", "4912"):
            assert secret not in stored, moment
        fold(now=NOW)

    assert seen.distinct(found("city")) == 1
    assert seen.distinct(found("age")) == 0


def test_what_is_hashed_at_its_source_is_not_stored_as_it_came(tell: Tell) -> None:
    """Whoever has the database alone could try all values there may be."""
    item = told({"plan": "premium"}, {})
    tell(item, {"plan": "premium"})
    fold(now=NOW)

    assert item["_meta"]["hashed"]["plan"][1] not in everything_stored()
    assert [each.times for each in seen.values(found("plan"))] == [2], "equal values are equal, whoever hashed them"


@pytest.mark.parametrize(
    ("source", "ours"), [("never", "plain"), ("hashed", "plain"), ("plain", "never"), ("plain", "hashed")]
)
def test_the_stricter_of_source_and_server_wins(
    source: Any, ours: str, tell: Tell, shop: Project, system: Actor
) -> None:
    classify_attributes(shop, {"plan": ours}, actor=system)
    tell(told({"plan": "premium"}, {"plan": source}))
    fold(now=NOW)

    assert "premium" not in everything_stored()
    assert seen.distinct(found("plan")) == ("never" not in (source, ours))


def test_a_stricter_class_takes_away_what_is_stored(tell: Tell, shop: Project, system: Actor) -> None:
    classify_attributes(shop, {"plan": "plain"}, actor=system)
    tell({"plan": "premium"})
    fold(now=NOW)
    assert "premium" in everything_stored()

    classify_attributes(shop, {"plan": "hashed"}, actor=system)
    assert "premium" not in everything_stored()
    tell({"plan": "premium"})
    fold(now=NOW)
    assert [each.times for each in seen.values(found("plan"))] == [2], "it is counted on under its hash"

    classify_attributes(shop, {"plan": "never"}, actor=system)
    assert (found("plan")["values"], found("plan")["least"], found("plan")["contexts"]) == ({}, [], 2)


def test_a_stricter_class_holds_for_what_waits_to_be_folded(tell: Tell, shop: Project, system: Actor) -> None:
    classify_attributes(shop, {"plan": "plain", "city": "plain"}, actor=system)
    tell({"plan": "premium", "city": "Pune"})
    classify_attributes(shop, {"plan": "hashed", "city": "never"}, actor=system)
    fold(now=NOW)

    assert values_of("plan") == [None]
    assert "city" in set(SeenAttribute.objects.values_list("name", flat=True))
    assert values_of("city") == []
    assert "premium" not in everything_stored()


def test_a_batch_counts_once_however_often_it_comes_or_is_folded(tell: Tell) -> None:
    tell({"plan": "free"}, name="same")
    fold(now=NOW)
    tell({"plan": "free"}, name="same")
    fold(now=NOW)
    refold(NOW - timedelta(minutes=5), NOW + timedelta(minutes=5), now=NOW)

    assert found("plan")["contexts"] == 1


def test_contexts_are_gone_from_a_batch_once_they_are_counted(tell: Tell) -> None:
    tell({"plan": "free"})
    assert TelemetryBatch.objects.get().contexts
    fold(now=NOW)

    assert not TelemetryBatch.objects.get().contexts
    assert "contexts" not in TelemetryBatch.objects.get().document


def test_a_folder_that_dies_counts_nothing(tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    tell({"plan": "free"})

    def dying(*arguments: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(folding, "_add", dying)
        with pytest.raises(ConnectionError):
            fold(now=NOW)
    assert not SeenAttribute.objects.exists()

    fold(now=NOW)
    assert found("plan")["contexts"] == 1


def test_first_and_last_seen_are_kept_by_the_clock_of_the_batch(tell: Tell) -> None:
    tell({"plan": "free"}, ago=timedelta(hours=2))
    fold(now=NOW)
    tell({"plan": "free"}, ago=timedelta(hours=5))
    tell({"plan": "free"})
    fold(now=NOW)

    row = SeenAttribute.objects.get(name="plan")

    assert (row.first_seen, row.last_seen) == (NOW - timedelta(hours=5), NOW)


def test_names_that_anybody_makes_up_leave_room_for_those_of_servers(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attributes, "MOST_NAMES", 6)
    monkeypatch.setattr(attributes, "MOST_OF_CLIENTS", 3)
    tell({f"made-up-{number}": 1 for number in range(9)}, kind="client")
    fold(now=NOW)
    assert SeenAttribute.objects.count() == 3

    tell({f"real-{number}": 1 for number in range(9)})
    fold(now=NOW)

    names = set(SeenAttribute.objects.values_list("name", flat=True))
    assert len(names) == 6
    assert {"real-0", "real-1", "real-2"} <= names


def test_environments_are_kept_apart(tell: Tell, development: Environment, production: Environment) -> None:
    tell({"plan": "free"})
    tell({"plan": "free"}, {"plan": "free"}, environment=production)
    fold(now=NOW)

    assert found("plan", development)["contexts"] == 1
    assert found("plan", production)["contexts"] == 2


def test_attributes_and_values_that_nobody_has_any_more_are_forgotten(tell: Tell) -> None:
    tell({"old": 1, "plan": "old"}, ago=timedelta(days=31))
    tell({"plan": "new"})
    fold(now=NOW)
    assert seen.distinct(found("plan")) == 1

    assert attributes.forget(days=30, now=NOW) == 1

    assert sorted(SeenAttribute.objects.values_list("name", flat=True)) == ["", "plan"]


def test_the_worker_forgets_them(tell: Tell) -> None:
    tell({"plan": "free"}, ago=timedelta(days=60))
    fold(now=NOW)

    assert tasks.forget_attributes() == 2
    assert tasks.forget_attributes.name in {entry["task"] for entry in app.conf.beat_schedule.values()}


def test_an_attribute_is_forgotten_in_all_environments(
    tell: Tell, shop: Project, production: Environment, as_ada: Actor
) -> None:
    tell({"email": "x", "plan": "free"})
    tell({"email": "x"}, environment=production)
    fold(now=NOW)

    assert forget_attribute(shop, "email", actor=as_ada, comment="Asked by Ravi") == 2

    assert not SeenAttribute.objects.filter(name="email").exists()
    assert found("plan")["contexts"] == 1
    event = AuditEvent.objects.get(verb="attribute.forgotten")
    assert event.comment == "Asked by Ravi"


def test_classing_is_audited_and_kept_in_history(shop: Project, as_ada: Actor) -> None:
    classify_attributes(shop, {"plan": "plain"}, actor=as_ada)
    row = classify_attributes(shop, {"plan": None, "city": "never"}, actor=as_ada, comment="GDPR")

    assert AttributePrivacy.objects.get().classes == {"city": "never"}
    assert [event.comment for event in AuditEvent.objects.filter(verb="attribute.classified").order_by("at")] == [
        "",
        "GDPR",
    ]
    assert [each.classes for each in row.history.all()] == [{"city": "never"}, {"plan": "plain"}, {}]


def test_the_same_class_again_changes_nothing(shop: Project, as_ada: Actor) -> None:
    classify_attributes(shop, {"plan": "plain"}, actor=as_ada)
    classify_attributes(shop, {"plan": "plain"}, actor=as_ada)

    assert AuditEvent.objects.filter(verb="attribute.classified").count() == 1


@pytest.mark.parametrize("wanted", [{"plan": "open"}, {"": "plain"}, {"x" * 201: "plain"}, {"targetingKey": "hashed"}])
def test_a_class_that_cannot_be_is_refused(wanted: dict[str, str], shop: Project, as_ada: Actor) -> None:
    with pytest.raises(Invalid):
        classify_attributes(shop, wanted, actor=as_ada)

    assert not AttributePrivacy.objects.exists()


def test_so_many_classes_at_most(shop: Project, as_ada: Actor) -> None:
    with pytest.raises(Invalid, match="500"):
        classify_attributes(shop, {f"a{n}": "never" for n in range(501)}, actor=as_ada)


def test_classing_and_forgetting_take_an_admin(shop: Project, as_bob: Actor) -> None:
    with pytest.raises(NotAllowed, match="admin"):
        classify_attributes(shop, {"plan": "plain"}, actor=as_bob)
    with pytest.raises(NotAllowed, match="admin"):
        forget_attribute(shop, "plan", actor=as_bob)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_four_folders_at_once_count_each_context_once(
    tell: Tell, at_once: AtOnce, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folding, "FOLDED_AT_ONCE", 3)
    for number in range(24):
        tell({"plan": f"p{number % 5}", f"a{number % 7}": number})

    done = at_once(*[lambda: fold(now=NOW)] * 4)

    assert connection.vendor == "postgresql"
    assert [each for each in done if not isinstance(each, int)] == []
    assert found("plan")["contexts"] == 24
    assert sum(each[0] for each in found("plan")["values"].values()) == 24


def test_the_document_of_a_batch_is_json_without_its_contexts(tell: Tell) -> None:
    tell({"plan": "free"})

    assert json.loads(zlib.decompress(TelemetryBatch.objects.get().content))["sdk"]["name"] == "test"
