"""Metrics, exclusion groups and experiments by the management API, from the first metric to the winner."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics.models import Experiment, Metric, Outcome
from flags.models import Flag
from tenants.models import Environment, User
from tests.analytics.batches import Tell
from tests.analytics.experiments.conftest import Running
from tests.analytics.experiments.conftest import checkout as checkout
from tests.analytics.experiments.conftest import purchase as purchase
from tests.analytics.experiments.conftest import running as running
from tests.conftest import Browser

pytestmark = pytest.mark.django_db
SHOP = "/api/v1/organizations/acme/projects/shop"
CTA = {
    "key": "cta",
    "flag": "checkout",
    "environment": "development",
    "weights": {"off": 50, "on": 50},
    "traffic": 20,
    "primary_metric": "purchases",
    "comment": "Let us see",
}
Ask = Callable[..., Any]


@pytest.fixture
def ask(browser: Browser) -> Ask:
    """`ask(bob, "patch", "/metrics/purchases", {"cap": 3}, HTTP_IF_MATCH='"1"')`"""

    def answer(user: User, method: str, address: str, body: Any = None, **headers: str) -> Any:
        return getattr(browser(user), method)(SHOP + address, body, content_type="application/json", **headers)

    return answer


def test_an_experiment_from_the_first_metric_to_the_winner(
    ask: Ask, bob: User, checkout: Flag, tell: Tell, development: Environment
) -> None:
    made = ask(bob, "post", "/metrics/", {"key": "purchases", "event": "purchase"})
    assert (made.status_code, made["Location"], made["ETag"]) == (201, f"{SHOP}/metrics/purchases", '"1"')
    made = ask(bob, "post", "/experiments/", CTA)
    assert (made.status_code, made["Location"], made.json()["status"]) == (201, f"{SHOP}/experiments/cta", "draft")
    started = ask(bob, "post", "/experiments/cta/start", {}, HTTP_IF_MATCH='"1"').json()
    assert (started["status"], started["rule"]) == ("running", "experiment-1")
    met = [("u1", "on"), ("u2", "off"), ("u2", "on")]
    told = {"flag": "checkout", "rule": "experiment-1"}
    tell(
        exposures=[
            told | {"subject": who, "variant": variant, "at": timezone.now().isoformat()} for who, variant in met
        ]
    )

    found = ask(bob, "get", "/experiments/cta").json()

    # Of two variants at about one moment the earlier one counts.
    assert found["enrolled"] == {
        "subjects": {"off": 1, "on": 1},
        "switched": {"off": 1, "on": 0},
        "public": {"off": 0, "on": 0},
    }
    assert (found["interventions"], found["clean_since"]) == ([], found["started_at"])
    more = ask(bob, "patch", "/experiments/cta", {"traffic": 50}).json()
    assert [each["traffic"] for each in more["splits"]] == [20, 50]
    assert ask(bob, "post", "/experiments/cta/stop", {}).json()["status"] == "stopped"
    concluded = ask(bob, "post", "/experiments/cta/conclude", {"winner": "on", "comment": "p = 0.01"}).json()
    assert (concluded["status"], concluded["winner"]) == ("concluded", "on")
    state = ask(bob, "get", "/flags/checkout/environments/development").json()
    assert state["rules"][0]["serve"] == {"variant": "on"}


@pytest.mark.parametrize(
    ("address", "body", "change"),
    [
        ("/metrics/m", {"kind": "mean", "event": "purchase"}, {"cap": 20}),
        ("/exclusion-groups/m", {"holdout": 5}, {"holdout": 2.5}),
        ("/experiments/m", {name: value for name, value in CTA.items() if name != "key"}, {"traffic": 30}),
    ],
)
def test_everything_is_put_patched_compared_and_deleted(
    address: str, body: dict[str, Any], change: dict[str, Any], ask: Ask, ada: User, checkout: Flag, purchase: Metric
) -> None:
    put = ask(ada, "put", address, body, HTTP_IF_NONE_MATCH="*")
    again = ask(ada, "put", address, body, HTTP_IF_NONE_MATCH="*")
    back = ask(ada, "put", address, put.json())
    changed = ask(ada, "patch", address, change, HTTP_IF_MATCH='"1"')
    overtaken = ask(ada, "patch", address, body | change, HTTP_IF_MATCH='"1"')

    assert (put.status_code, again.status_code, back.status_code, back["ETag"]) == (201, 409, 200, '"1"')
    assert (changed.status_code, changed["ETag"]) == (200, '"2"')
    assert changed.json().items() >= change.items()
    assert (overtaken.status_code, "Ada saved version 2" in overtaken.json()["detail"]) == (409, True)
    assert ask(ada, "delete", address, HTTP_IF_MATCH='"1"').status_code == 409
    assert ask(ada, "delete", f"{address}?comment=done", HTTP_IF_MATCH='"2"').status_code == 204
    assert ask(ada, "get", address).status_code == 404
    assert ask(ada, "put", address, body, HTTP_IF_MATCH='"2"').status_code == 409


def test_faults_name_their_paths(ask: Ask, bob: User, checkout: Flag, purchase: Metric) -> None:
    refused = ask(bob, "post", "/experiments/", CTA | {"weights": {"off": 50, "blue": 50}, "traffic": 101})

    assert refused.status_code == 400
    assert [fault["path"] for fault in refused.json()["errors"]] == ["traffic"]
    refused = ask(bob, "post", "/experiments/", CTA | {"weights": {"off": 50, "blue": 50}})
    assert [fault["path"] for fault in refused.json()["errors"]] == ["weights.blue"]


def test_the_same_request_again_gets_the_same_answer(ask: Ask, bob: User, checkout: Flag, purchase: Metric) -> None:
    first, second = (ask(bob, "post", "/experiments/", CTA, HTTP_IDEMPOTENCY_KEY="k-1") for _ in range(2))

    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert Experiment.objects.count() == 1


def test_the_list_is_narrowed_and_comes_in_pages(
    ask: Ask, vera: User, running: Running, production: Environment
) -> None:
    running("b", rule_id="r1")
    running("a", status="stopped")
    running("c", environment=production)

    def keys(query: str) -> list[str]:
        return [each["key"] for each in ask(vera, "get", f"/experiments/?{query}").json()["results"]]

    assert keys("") == ["a", "b", "c"]
    assert keys("limit=2") == ["a", "b"]
    assert keys("environment=development&status=running") == ["b"]
    assert keys("flag=checkout&environment=production") == ["c"]
    for query in ("status=over", "flag=nothing", "environment=moon", "colour=red"):
        assert ask(vera, "get", f"/experiments/?{query}").status_code == 400


def test_a_group_says_what_is_free_and_what_those_it_holds_out_do(
    ask: Ask, bob: User, running: Running, purchase: Metric, tell: Tell, development: Environment
) -> None:
    ask(bob, "post", "/exclusion-groups/", {"key": "pages", "holdout": 50})
    ask(bob, "post", "/experiments/", CTA | {"group": "pages"})
    assert ask(bob, "get", "/exclusion-groups/pages/holdout?environment=development&metric=purchases").json() == {
        "since": None,
        "share": 0.5,
        "subjects": 0,
        "held_out": 0,
        "sum": 0.0,
        "held_out_sum": 0.0,
        "p_value": None,
    }
    started = ask(bob, "post", "/experiments/cta/start", {}).json()
    at = timezone.now().isoformat()
    tell(
        events=[{"event": "purchase", "subject": f"u{number}", "value": 2, "at": at} for number in range(200)],
        ago=timedelta(seconds=-1),
    )

    told = ask(bob, "get", "/exclusion-groups/pages/holdout?environment=development&metric=purchases").json()

    assert ask(bob, "get", "/exclusion-groups/pages").json()["free"] == {"development": 30.0}
    assert (told["since"], told["subjects"], told["sum"]) == (started["started_at"], 200, 400.0)
    assert told["held_out"] == pytest.approx(100, abs=30)
    assert told["held_out_sum"] == told["held_out"] * 2
    assert 0 < told["p_value"] <= 1
    first, second = Outcome.with_deleted.order_by("id")[:2]
    Outcome.with_deleted.filter(pk__in=[first.pk, second.pk]).update(value=1e308)
    told = ask(bob, "get", "/exclusion-groups/pages/holdout?environment=development&metric=purchases").json()
    assert (told["subjects"], told["sum"]) == (198, 396.0), "values beyond all bounds are left out"
    for query in ("metric=purchases", "environment=development", "environment=development&metric=nothing"):
        assert ask(bob, "get", f"/exclusion-groups/pages/holdout?{query}").status_code == 400


def test_what_somebody_changed_by_hand_is_told(
    ask: Ask, bob: User, checkout: Flag, purchase: Metric, development: Environment
) -> None:
    ask(bob, "post", "/experiments/", CTA)
    ask(bob, "post", "/experiments/cta/start", {})
    ask(bob, "patch", "/flags/checkout/environments/development", {"rules": []})

    found = ask(bob, "get", "/experiments/cta").json()
    refused = ask(bob, "patch", "/experiments/cta", {"traffic": 50})

    (done,) = found["interventions"]
    assert (done["what"], done["by"], done["until"], found["clean_since"]) == ("rule-gone", "Bob", None, None)
    assert (refused.status_code, "Its rule was deleted by Bob" in refused.json()["detail"]) == (409, True)


@pytest.mark.parametrize("address", ["/metrics/", "/exclusion-groups/", "/experiments/", "/experiments/cta"])
def test_a_viewer_reads_and_changes_nothing(address: str, ask: Ask, vera: User, running: Running) -> None:
    running()

    assert ask(vera, "get", address).status_code == 200
    for method in ("post", "put", "patch", "delete"):
        assert ask(vera, method, address, {"key": "cta", "event": "e"} if method == "post" else {}).status_code >= 400
    assert ask(vera, "post", "/experiments/cta/stop", {}).status_code == 403
    assert ask(vera, "post", "/metrics/", {"key": "m", "event": "e"}).status_code == 403


@pytest.mark.parametrize("address", ["/experiments/", "/metrics/", "/exclusion-groups/"])
def test_the_number_of_queries_does_not_grow_with_rows(
    address: str, ask: Ask, bob: User, running: Running, purchase: Metric
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert ask(bob, "get", address).status_code == 200
        return len(captured)

    running("one")
    ask(bob, "post", "/exclusion-groups/", {"key": "one"})
    first = queries()
    for number in range(4):
        running(f"more-{number}", rule_id=f"r{number}")
        ask(bob, "post", "/exclusion-groups/", {"key": f"more-{number}"})
        ask(bob, "post", "/metrics/", {"key": f"more-{number}", "event": "e"})

    assert queries() == first
