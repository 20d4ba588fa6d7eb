"""What analytics tells the list of flags: how often each is evaluated, and which are stale."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from analytics import stored
from analytics.folding import HOURS
from analytics.models import HourTally
from flags.models import Flag
from tenants.models import Environment, User
from tests.conftest import Browser
from tests.flags.dashboard.conftest import LIST


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    cache.clear()


def test_the_list_shows_it_with_words_for_who_cannot_see(
    browser: Browser, bob: User, checkout: Flag, development: Environment
) -> None:
    HourTally.objects.create(
        organization=development.organization,
        environment=development,
        start=HOURS.start_of(timezone.now()) - timedelta(hours=3),
        own=stored.pressed({"counts": {"checkout": {"on": {"STATIC": 1_240}}}}),
    )

    page = browser(bob).get(LIST).content.decode()

    assert "1.24 k" in page
    assert '<span class="visually-hidden">1,240 evaluations in the last 24 hours, most in the hour from' in page


def test_the_list_finds_stale_flags(browser: Browser, bob: User, checkout: Flag, a_flag: Any) -> None:
    old = a_flag("forgotten")
    Flag.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=400))

    page = browser(bob).get(f"{LIST}?stale=yes").content.decode()

    assert 'data-flag="forgotten"' in page
    assert 'data-flag="checkout"' not in page
