"""The demo's shop has telemetry of some weeks and an experiment, by which its pages have something to say."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from analytics.dashboard.experiments.lists import rows_of
from analytics.experiments.analysis import analysed
from analytics.experiments.selectors import interventions_in
from analytics.experiments.snapshots import take
from analytics.models import Experiment
from analytics.stale.findings import find_all
from tenants.models import Project


@pytest.mark.django_db
def test_the_demo_has_stale_flags(settings: Settings, tmp_path: Path) -> None:
    settings.DATA = tmp_path
    call_command("seed_demo", verbosity=0)
    project = Project.objects.get(key="shop")

    found = {each.flag.key: each for each in find_all(project, now=timezone.now())}

    assert [one.kind for one in found["items-per-page"].evidence] == ["unused", "expired"]
    assert [one.kind for one in found["payments-v2"].evidence] == ["unvarying", "settled", "expired"]
    assert {each.flag.key for each in found["payments-v2"].needed_by} == {"new-checkout"}
    assert "price-discount" not in found


@pytest.mark.django_db
def test_the_demo_has_an_experiment_that_shows_something(settings: Settings, tmp_path: Path) -> None:
    settings.DATA = tmp_path
    call_command("seed_demo", verbosity=0)
    experiment = Experiment.objects.get()

    shown = analysed(experiment, now=timezone.now())

    assert experiment.status == "running"
    assert not interventions_in(experiment)
    assert shown["subjects"] == {"classic": 2000, "semantic": 2000}
    assert shown["split"]["verdict"] == "fits"
    orders = next(each for each in shown["metrics"] if each["role"] == "primary")
    take(now=timezone.now())
    assert [row.result for row in rows_of([experiment])] == ["semantic better"]
    assert [row["difference"]["verdict"] for row in orders["variants"] if row["difference"]] == ["better"]
