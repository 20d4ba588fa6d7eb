"""The page of attributes, and what they are good for where rules are written."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from analytics import services
from analytics.attributes.classes import classes_of
from analytics.attributes.services import classify_attributes
from analytics.folding import fold
from analytics.models import SeenAttribute
from evaluation.delivery.held import HeldKey
from evaluation.delivery.senders import Sender
from evaluation.wire.telemetry import read_batch
from flags.models import Flag
from tenants.actors import Actor
from tenants.models import Environment, Project, User
from tests.analytics.batches import batch
from tests.conftest import Browser
from tests.evaluation.conftest import MakeFlag

pytestmark = pytest.mark.django_db
ATTRIBUTES = "/organizations/acme/projects/shop/attributes/"
FLAG = "/organizations/acme/projects/shop/flags/checkout/environments/development/"
API = "/api/v1/organizations/acme/projects/shop/flags/checkout/environments/development/rules-text"


def tell(environment: Environment, *contexts: dict[str, Any], days_ago: float = 0) -> None:
    now = timezone.now() - timedelta(days=days_ago)
    key = HeldKey("", "", "server", environment.organization_id, "", environment.id, "", None)
    for start in range(0, len(contexts), 100):
        body = batch(f"b{start}", at=now.isoformat(), contexts=list(contexts[start : start + 100]))
        services.keep_batch(
            read_batch(body), Sender(key, environment.id, "server"), environment.organization_id, now=now
        )
    fold(now=timezone.now())


@pytest.fixture
def plans(development: Environment, shop: Project, system: Actor) -> None:
    """A hundred and twenty people: 90 are free, 30 premium; their city is counted only."""
    classify_attributes(shop, {"plan": "plain"}, actor=system)
    people = [{"plan": "premium" if n % 4 == 0 else "free", "city": "Pune", "age": n} for n in range(120)]
    tell(development, *people)


@pytest.fixture
def adas(browser: Browser, ada: User) -> Client:
    client: Client = browser(ada)
    return client


@pytest.mark.usefixtures("plans")
def test_the_page_shows_types_shares_and_classes(adas: Client, production: Environment) -> None:
    page = adas.get(ATTRIBUTES).content.decode()

    for said in ("plan", "&quot;free&quot;", "75 %", "25 %", "hashed", "100 %", "different ones"):
        assert said in page, said
    assert "Pune" not in page
    assert (
        "plan"
        not in adas.get(ATTRIBUTES, {"environment": "production"}).content.decode().split("<main")[1].split("empty")[0]
    )


def test_an_empty_page_says_how_attributes_come(adas: Client, development: Environment) -> None:
    page = adas.get(ATTRIBUTES).content.decode()

    assert "No context was seen here yet" in page
    assert "attributes={&quot;plan&quot;" in page or 'attributes={"plan"' in page


@pytest.mark.usefixtures("plans")
def test_an_admin_classes_and_forgets(adas: Client, shop: Project) -> None:
    said = adas.post(f"{ATTRIBUTES}?environment=development", {"name": "city", "class": "never", "do": "classify"})
    assert said.headers["Location"] == f"{ATTRIBUTES}?environment=development"
    adas.post(ATTRIBUTES, {"name": "plan", "class": "", "do": "classify"})
    adas.post(ATTRIBUTES, {"name": "*", "class": "never", "do": "classify"})
    assert classes_of(shop) == {"city": "never", "*": "never"}

    adas.post(ATTRIBUTES, {"name": "age", "do": "forget"})
    assert not SeenAttribute.objects.filter(name="age").exists()


@pytest.mark.usefixtures("plans")
def test_a_member_looks_and_changes_nothing(browser: Browser, bob: User, shop: Project) -> None:
    client = browser(bob)

    assert 'value="classify"' not in client.get(ATTRIBUTES).content.decode()
    assert client.post(ATTRIBUTES, {"name": "plan", "class": "never", "do": "classify"}).status_code == 403
    assert client.post(ATTRIBUTES, {"name": "plan", "class": "open", "do": "classify"}).status_code == 403
    assert classes_of(shop) == {"plan": "plain"}


def test_a_class_that_there_is_not_is_refused(adas: Client, shop: Project, development: Environment) -> None:
    assert adas.post(ATTRIBUTES, {"name": "plan", "class": "open", "do": "classify"}).status_code == 422
    assert (
        adas.post(f"{ATTRIBUTES}?environment=//evil", {"name": "x", "do": "forget"}).headers["Location"] == ATTRIBUTES
    )


@pytest.fixture
def asking_for_a_plan(a_flag: MakeFlag, development: Environment) -> Flag:
    condition = {"attribute": "plan", "op": "in", "values": ["free"]}
    return a_flag("checkout", development, rules=[{"id": "r1", "if": condition, "serve": {"variant": "on"}}])


@pytest.mark.usefixtures("plans", "asking_for_a_plan")
def test_the_editor_offers_names_and_values(adas: Client) -> None:
    page = adas.get(FLAG).content.decode()

    names = page.split('<datalist id="attributes">')[1].split("</datalist>")[0]
    assert [name in names for name in ("plan", "city", "age", "targetingKey")] == [True] * 4
    offered = page.split('class="offered edit"')[1].split("</p>")[0]
    assert 'value="add_value rules[0].if premium"' in offered
    assert "free" not in offered, "it is there already"


@pytest.mark.usefixtures("plans", "asking_for_a_plan")
def test_a_value_that_is_offered_is_added_without_a_script(adas: Client) -> None:
    page = adas.get(FLAG).content.decode()
    sealed = page.split('name="draft" value="')[1].split('"')[0]

    drafted = adas.post(f"{FLAG}draft/", {"draft": sealed, "do": "add_value rules[0].if premium"}).content.decode()

    assert "free\npremium</textarea>" in drafted


@pytest.mark.usefixtures("plans", "asking_for_a_plan")
def test_the_api_that_judges_a_text_notes_what_nobody_has(adas: Client) -> None:
    text = 'rule: plan in ["premum"] and plam == "x"\n  serve on'

    answer = adas.post(API, {"rules_text": text}, content_type="application/json").json()

    assert answer["faults"] == []
    assert answer["warnings"] == [
        'line 1: no context had the value "premum" of plan; did you mean "premium"?',
        'line 1: no context had plam in the last 14 days; did you mean "plan"?',
    ]


@pytest.mark.usefixtures("plans", "asking_for_a_plan")
def test_hashed_values_are_known_to_have_been_seen(adas: Client) -> None:
    text = 'rule: city in ["Pune"] and city in ["Mumbai"]\n  serve on'

    answer = adas.post(API, {"rules_text": text}, content_type="application/json").json()

    assert [warning.partition(": ")[2] for warning in answer["warnings"]] == [
        'no context had the value "Mumbai" of city.'
    ]


@pytest.mark.usefixtures("plans", "asking_for_a_plan")
def test_notes_never_stop_a_save(adas: Client) -> None:
    body = {"rules_text": 'rule: plan in ["premum"]\n  serve on'}

    assert adas.patch(API.removesuffix("/rules-text"), body, content_type="application/json").status_code == 200
