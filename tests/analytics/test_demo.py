"""The demo's shop has telemetry of some weeks, by which its pages have something to say."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

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
