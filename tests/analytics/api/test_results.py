"""Results of an experiment, and sample sizes, by the management API."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from analytics.experiments import snapshots
from analytics.models import Experiment, Metric
from evaluation.wire.explanations import moment
from tenants.models import Environment, Organization, Project, User
from tests.analytics.experiments.conftest import Running
from tests.analytics.experiments.conftest import checkout as checkout
from tests.analytics.experiments.conftest import purchase as purchase
from tests.analytics.experiments.conftest import running as running
from tests.analytics.experiments.recorded import record
from tests.conftest import Browser

pytestmark = pytest.mark.django_db
SHOP = "/api/v1/organizations/acme/projects/shop"
RESULTS = f"{SHOP}/experiments/cta/results"


@pytest.fixture
def now() -> datetime:
    return timezone.now().replace(hour=9)


@pytest.fixture
def experiment(running: Running, purchase: Metric, now: datetime) -> Experiment:
    made = running(started_at=now - timedelta(days=2))
    record(made, [("on", [("purchase", 1, None)]), ("on", []), ("off", []), ("off", [])] * 100)
    return made


def test_a_viewer_reads_what_was_worked_out_last(
    browser: Browser, vera: User, experiment: Experiment, now: datetime
) -> None:
    before: Any = browser(vera).get(RESULTS).json()
    snapshots.take(now=now - timedelta(days=1))
    snapshots.take(now=now)

    answer: Any = browser(vera).get(RESULTS).json()

    assert before == {"experiment": "cta", "worked_out_at": None, "results": None, "course": {}}
    assert answer["worked_out_at"] == moment(now)
    difference = answer["results"]["metrics"][0]["variants"][1]["difference"]
    assert (difference["value"], difference["verdict"]) == (0.5, "better")
    assert len(answer["course"]["on"]) == 2


def test_an_outsider_finds_no_experiment(browser: Browser, charlie: User, experiment: Experiment) -> None:
    assert browser(charlie).get(RESULTS).status_code == 404
    assert browser(charlie).get(f"{SHOP}/sample-size").status_code == 404


def test_there_are_no_results_of_what_is_no_experiment(browser: Browser, vera: User, shop: Project) -> None:
    assert browser(vera).get(f"{SHOP}/sample-size").status_code == 200
    assert browser(vera).get(RESULTS).status_code == 404
    assert browser(vera).get(f"{SHOP}/experiments/no%00thing/results").status_code == 404


def test_a_mistyped_filter_is_refused(browser: Browser, vera: User, experiment: Experiment) -> None:
    assert browser(vera).get(f"{RESULTS}?fresh=1").status_code == 400


def test_sample_sizes(browser: Browser, vera: User, acme: Organization, production: Environment) -> None:
    answer: Any = browser(vera).get(f"{SHOP}/sample-size?baseline=0.05&lift=0.1&a_day=2000")

    assert answer.json()["days"] == -(-answer.json()["subjects"] // 2000)
    refused: Any = browser(vera).get(f"{SHOP}/sample-size?lift=0&baseline=x")
    assert refused.status_code == 400
    assert "baseline" in refused.content.decode()
    refused = browser(vera).get(f"{SHOP}/sample-size?alpha=0.49999&power=0.999")
    assert "must be a number from 0.0001 to 0.2" in refused.content.decode()
    assert "must be a number from 0.5 to 0.99" in refused.content.decode()
