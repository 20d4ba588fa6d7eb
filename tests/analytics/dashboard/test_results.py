"""The page of an experiment's results, and that of sample sizes: what people read."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from analytics.experiments import snapshots
from analytics.models import Enrolment, Experiment, Metric
from tenants.models import Project, User
from tests.analytics.dashboard.test_pages import Read
from tests.analytics.dashboard.test_pages import read as read
from tests.analytics.experiments.conftest import Running
from tests.analytics.experiments.conftest import checkout as checkout
from tests.analytics.experiments.conftest import purchase as purchase
from tests.analytics.experiments.conftest import running as running
from tests.analytics.experiments.recorded import record
from tests.conftest import Browser

pytestmark = pytest.mark.django_db
SHOP = "/organizations/acme/projects/shop"
PAGE = f"{SHOP}/experiments/cta/results/"


@pytest.fixture
def now() -> datetime:
    return timezone.now().replace(hour=9)


@pytest.fixture
def experiment(running: Running, purchase: Metric, now: datetime) -> Experiment:
    made = running(started_at=now - timedelta(days=2), hypothesis="Blue sells more.")
    record(made, [("on", [("purchase", 1, None)]), ("on", []), ("off", []), ("off", [])] * 100)
    return made


def test_before_anything_is_worked_out_it_says_when(read: Read, experiment: Experiment) -> None:
    assert "Nothing is worked out yet" in read(PAGE)


def test_it_says_in_plain_words_what_is_known(read: Read, experiment: Experiment, now: datetime) -> None:
    snapshots.take(now=now - timedelta(days=1))
    snapshots.take(now=now)

    page = read(PAGE)

    assert "Blue sells more." in page
    assert "better Purchases with on is" in page
    assert "points higher than with off, which is better. Stop when you like" in page
    assert "on less off: +" in page
    assert "on 200 50 % +50 +" in page
    assert "In short Purchases with off control 0 % with on 50 % better on does better, by more than chance" in page
    assert "You may stop now, and conclude with on." in page
    assert "Purchases, day by day" in page
    assert "New subjects a day: 400 subjects. on 200, 50.0 %. off 200, 50.0 %." in page
    assert "The shares fit the split" in page
    assert "Do not trust" not in page


def test_a_mismatch_of_shares_stands_above_everything(read: Read, experiment: Experiment, now: datetime) -> None:
    Enrolment.with_deleted.filter(variant="on", pk__gt=Enrolment.with_deleted.order_by("-pk")[200].pk).delete()
    snapshots.take(now=now)

    page = read(PAGE)

    assert "In short" not in page
    assert page.index("Do not trust what stands below") < page.index("Who took part") < page.index("Purchases with on")


def test_too_few_subjects_are_no_result(read: Read, running: Running, purchase: Metric, now: datetime) -> None:
    record(running(started_at=now - timedelta(days=1)), [("on", []), ("off", [])] * 5)
    snapshots.take(now=now)

    assert "Purchases with on: too few subjects to say anything yet." in read(PAGE)


def test_too_few_different_values_are_no_result(read: Read, running: Running, purchase: Metric, now: datetime) -> None:
    Metric.objects.filter(pk=purchase.pk).update(kind="quantile", quantile=0.9)
    record(
        running(started_at=now - timedelta(days=1)), [(each, [("purchase", 0, 5.0)]) for each in ("on", "off")] * 100
    )
    snapshots.take(now=now)

    page = read(PAGE)

    assert "too few values" in page
    assert "too few different values lie around this quantile to say anything." in page
    assert "this quantile says nothing. Measure a mean, or another quantile." in page


def test_an_outsider_sees_nothing(browser: Browser, charlie: User, experiment: Experiment) -> None:
    assert browser(charlie).get(PAGE).status_code == 404


def test_the_sample_size_is_asked_for_by_a_form(read: Read, browser: Browser, alice: User, shop: Project) -> None:
    assert "What is measured" in read(f"{SHOP}/sample-size/")

    page = read(f"{SHOP}/sample-size/?kind=rate&baseline=5&lift=10&variants=2&a_day=1000")

    assert "Looking once, at the end" in page
    assert "28 days 28,000" in page
    refused: Any = browser(alice).get(f"{SHOP}/sample-size/?kind=rate&baseline=5&lift=0&variants=2")
    assert refused.status_code == 400
    assert "must not be 0" in refused.content.decode()
    assert browser(alice).get(f"{SHOP}/sample-size/?kind=rate").status_code == 400
    assert "56 days" in read(f"{SHOP}/sample-size/?kind=rate&baseline=99.99999995&lift=-50&variants=2&a_day=1000")
