"""How often each page and endpoint asks the database, as query_counts.json has it: more is a decision, not an accident."""

import json
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.guardrails.services import create_guardrail
from analytics.models import ExclusionGroup, Experiment, Metric
from analytics.rollouts import services as rollouts
from analytics.rollouts.steps import Step
from evaluation.manifest.publish import publish
from flags.services import create_flag, create_segment, create_trigger, delete_segment, put_config
from tenants import services
from tenants.actors import Actor
from tenants.models import Environment, Project, User
from tenants.permissions import actor_of
from tests.conftest import Browser, FilledTo
from tests.routes import filled, named_routes
from tests.standing import Ground

pytestmark = pytest.mark.django_db
COUNTS: dict[str, int] = json.loads((Path(__file__).parent / "query_counts.json").read_text())
MOST = 15


ROUTES = named_routes()


@pytest.fixture(scope="module")
def names(ground: Ground) -> dict[str, str]:
    """What stands for each converter of a route; Acme has one of everything."""
    shop, production, alice, as_alice = ground.shop, ground.production, ground.alice, actor_of(ground.alice)
    flag = create_flag(shop, {"key": "checkout"}, actor=as_alice).thing
    create_flag(shop, {"key": "owned", "owner": alice.email}, actor=as_alice)
    put_config(flag, production, {"enabled": True}, actor=as_alice)
    create_segment(shop, {"key": "staff"}, actor=as_alice)
    services.create_role(shop.organization, key="on-call", name="On call", verbs=["flag.kill"], actor=as_alice)
    services.create_team(shop.organization, key="payments", name="Payments", actor=as_alice)
    trigger, _ = create_trigger(flag, production, name="Deploy", action="on", actor=as_alice)
    rollout = rollouts.create(flag, production, variant="off", steps=[Step(1)], actor=as_alice)
    rollouts.start(rollout, actor=as_alice)
    told_of = {"name": "Checkout fails", "source": "errors", "variant": "on", "budget": 0.02}
    guardrail = create_guardrail(flag, production, told_of, actor=as_alice)
    in_shop = {"organization": shop.organization, "project": shop, "name": "It"}
    Metric.objects.create(**in_shop, key="purchases", kind="conversion", event="purchase")
    ExclusionGroup.objects.create(**in_shop, key="pages")
    Experiment.objects.create(
        **in_shop, key="cta", flag=flag, environment=production, control="off", weights={"off": 50, "on": 50}
    )
    url = "https://ci.example.com/hooks"
    webhook, _ = services.create_webhook(scope=shop.organization, name="CI", url=url, actor=as_alice)
    services.test_webhook(webhook, actor=as_alice)
    alert = services.create_alert(scope=shop.organization, name="Nights", actor=as_alice)
    api_key, _ = services.create_api_key(kind="client", scope=production, name="Web", actor=as_alice)
    deleted = _deleted_things(shop, as_alice)
    publish(production)
    return {
        "organization": "acme",
        "project": "shop",
        "environment": "production",
        "flag": "checkout",
        "version": "2",
        "segment": "staff",
        "member": alice.id,
        "role": "on-call",
        "team": "payments",
        "api_key": api_key.id,
        "deleted": deleted,
        "webhook": webhook.id,
        "alert": alert.id,
        "trigger": trigger.id,
        "rollout": rollout.id,
        "guardrail": guardrail.id,
        "metric": "purchases",
        "group": "pages",
        "experiment": "cta",
        "app_label": "flags",
    }


def _deleted_things(shop: Project, actor: Actor) -> str:
    """One that waits, whose id it is, and one that goes."""
    waiting, going = (create_segment(shop, {"key": key}, actor=actor).thing for key in ("waiting", "going"))
    for segment in (waiting, going):
        delete_segment(segment, actor=actor)
    services.purge_now(going, confirm="going", actor=actor)
    return str(waiting.id)


@pytest.fixture
def alice(ground: Ground) -> User:
    return ground.alice


@pytest.fixture
def shop(ground: Ground) -> Project:
    return ground.shop


@pytest.fixture
def development(ground: Ground) -> Environment:
    return ground.development


@pytest.fixture
def production(ground: Ground) -> Environment:
    return ground.production


@pytest.mark.parametrize("page", COUNTS)
def test_a_page_asks_as_often_as_is_written_down(
    page: str, browser: Browser, alice: User, names: dict[str, str]
) -> None:
    client, address = browser(alice), filled(ROUTES[page], names)
    client.get(address)  # the session learns where one is

    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)

    assert answer.status_code == 200
    assert len(captured) == COUNTS[page], "\n".join(query["sql"] for query in captured)
    assert len(captured) < MOST


@pytest.mark.timeout(1800)
def test_with_a_thousand_flags_nothing_asks_more(
    browser: Browser, alice: User, names: dict[str, str], filled_to: FilledTo
) -> None:
    client = browser(alice)
    filled_to(1_000)

    def asked(page: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(filled(ROUTES[page], names))
        return len(captured)

    # Where a page asks more it is asked again: the first time the session learns where one is.
    more = {page: again for page, count in COUNTS.items() if asked(page) != count and (again := asked(page)) != count}

    assert more == {}
