"""Attributes seen, read and classed by the management API."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from analytics import services
from analytics.attributes.services import classify_attributes
from analytics.folding import fold
from evaluation.delivery.held import HeldKey
from evaluation.delivery.senders import Sender
from evaluation.wire.telemetry import read_batch
from tenants.actors import Actor
from tenants.models import Environment, Membership, Project, User
from tenants.permissions import grant
from tenants.roles import Role
from tests.analytics.batches import batch
from tests.conftest import Browser

pytestmark = pytest.mark.django_db
SHOP = "/api/v1/organizations/acme/projects/shop"
HERE, EVERYWHERE = f"{SHOP}/environments/development/attributes/", f"{SHOP}/attributes/"
CLASSES, FORGET = f"{SHOP}/attribute-classes", f"{SHOP}/attributes/forget"
NOW = datetime(2026, 11, 27, 10, 30, tzinfo=UTC)


def tell(environment: Environment, *contexts: dict[str, Any], name: str = "b") -> None:
    key = HeldKey("", "", "server", environment.organization_id, "", environment.id, "", None)
    judged = read_batch(batch(name, at=NOW.isoformat(), contexts=list(contexts)))
    services.keep_batch(judged, Sender(key, environment.id, "server"), environment.organization_id, now=NOW)
    fold(now=NOW)


@pytest.fixture
def alices(browser: Browser, alice: User) -> Client:
    client: Client = browser(alice)
    return client


def test_an_attribute_is_told_with_types_shares_and_class(
    alices: Client, development: Environment, shop: Project, system: Actor
) -> None:
    classify_attributes(shop, {"plan": "plain"}, actor=system)
    tell(development, {"plan": "free", "city": "Pune"}, {"plan": "free"}, {"plan": "premium"}, {})

    city, plan = alices.get(HERE).json()["results"]

    assert plan == {
        "name": "plan",
        "class": "plain",
        "share": 0.75,
        "types": {"string": 3},
        "distinct": 2,
        "is_estimated": False,
        "values": [{"value": "free", "share": 2 / 3}, {"value": "premium", "share": 1 / 3}],
        "key_kinds": ["server"],
        "environments": ["development"],
        "first_seen": "2026-11-27T10:30:00Z",
        "last_seen": "2026-11-27T10:30:00Z",
    }
    assert (city["class"], city["values"]) == ("hashed", [{"share": 1.0}])


def test_a_project_adds_up_the_environments_that_one_sees(
    browser: Browser, bob: User, vera: User, alices: Client, development: Environment, production: Environment
) -> None:
    tell(development, {"plan": "free"})
    tell(production, {"plan": "free"}, {"age": 7})

    [age, plan] = alices.get(EVERYWHERE).json()["results"]

    assert (plan["types"], plan["environments"]) == ({"string": 2}, ["development", "production"])
    assert age["environments"] == ["production"]


def test_who_sees_one_environment_sees_its_attributes_alone(
    browser: Browser, charlie: User, development: Environment, production: Environment
) -> None:
    Membership.objects.create(organization=development.organization, user=charlie)
    grant(charlie, Role.VIEWER, development)
    tell(development, {"plan": "free"})
    tell(production, {"age": 7})

    names = [each["name"] for each in browser(charlie).get(EVERYWHERE).json()["results"]]

    assert names == ["plan"]


def test_lists_come_in_pages(alices: Client, development: Environment) -> None:
    tell(development, {f"a{n}": n for n in range(5)})

    for address in (HERE, EVERYWHERE):
        first = alices.get(address, {"limit": 3}).json()
        second = alices.get(first["next"]).json()
        assert [each["name"] for each in first["results"] + second["results"]] == ["a0", "a1", "a2", "a3", "a4"]


def test_many_attributes_cost_no_more_queries_than_one(alices: Client, development: Environment) -> None:
    tell(development, {"a0": 1}, name="one")
    alices.get(HERE)  # what a session costs once
    with CaptureQueriesContext(connection) as few:
        alices.get(HERE)
    tell(development, {f"a{n}": n for n in range(40)}, name="many")
    with CaptureQueriesContext(connection) as many:
        assert len(alices.get(HERE).json()["results"]) == 40

    assert len(many) == len(few)


def test_an_admin_gives_and_takes_classes(alices: Client, development: Environment) -> None:
    assert alices.get(CLASSES).json() == {"classes": {}}

    given = alices.patch(CLASSES, {"classes": {"plan": "plain", "*": "never"}}, content_type="application/json")
    assert given.json() == {"classes": {"plan": "plain", "*": "never"}}
    alices.patch(CLASSES, {"classes": {"*": None}, "comment": "Too strict"}, content_type="application/json")

    assert alices.get(CLASSES).json() == {"classes": {"plan": "plain"}}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"classes": {"plan": "open"}}, "classes.plan"),
        ({"classes": {"targetingKey": "plain"}}, "classes.targetingKey"),
        ({"classes": {"": "never"}}, "classes"),
        ({"classes": ["plan"]}, "classes"),
        ({}, "classes"),
    ],
)
def test_a_class_that_cannot_be_is_refused(body: Any, path: str, alices: Client, development: Environment) -> None:
    answer = alices.patch(CLASSES, body, content_type="application/json")

    assert answer.status_code == 400
    assert [fault["path"] for fault in answer.json()["errors"]] == [path]


def test_an_attribute_is_forgotten(alices: Client, development: Environment) -> None:
    tell(development, {"plan": "free", "email": "x"})

    assert alices.post(FORGET, {"name": "email"}, content_type="application/json").json() == {"environments": 1}

    assert [each["name"] for each in alices.get(HERE).json()["results"]] == ["plan"]
    assert alices.post(FORGET, {"name": "email"}, content_type="application/json").json() == {"environments": 0}


@pytest.mark.parametrize(("method", "address"), [("patch", CLASSES), ("post", FORGET)])
def test_members_only_look(method: str, address: str, browser: Browser, bob: User, development: Environment) -> None:
    body: dict[str, Any] = {"classes": {}} if method == "patch" else {"name": "email"}
    client = browser(bob)

    assert getattr(client, method)(address, body, content_type="application/json").status_code == 403
    assert client.get(HERE).status_code == 200
