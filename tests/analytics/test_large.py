"""`manage.py seed --large`: an organization of its own, the same for the same number, and no other is touched."""

from io import StringIO
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command

from analytics.models import DayTally, Experiment, HourTally
from flags.models import Flag, FlagConfig, Segment
from tenants import audit
from tenants.models import AuditEvent, Membership, Organization, Project, User, WebhookDelivery
from tests.conftest import Browser

pytestmark = pytest.mark.django_db
SMALL = {"flags": 12, "members": 3, "days": 9, "events": 20}


def seed(**options: Any) -> str:
    said = StringIO()
    call_command("seed", "--large", stdout=said, **{**SMALL, **options})
    return said.getvalue()


def made_in(slug: str) -> list[Any]:
    """What tells whether two are the same: everything but ids, salts of the server's own and times."""
    flags = Flag.objects.filter(organization__slug=slug).order_by("key")
    states = FlagConfig.objects.filter(organization__slug=slug).order_by("flag__key", "environment__position")
    return [
        list(flags.values_list("key", "name", "value_type", "kind", "tags", "salt")),
        list(states.values_list("flag__key", "environment__key", "enabled", "rules", "fallthrough", "targets")),
        list(Segment.objects.filter(organization__slug=slug).order_by("key").values_list("key", "included", "rules")),
    ]


def test_it_makes_an_organization_with_something_of_everything(browser: Browser) -> None:
    cache.clear()
    said = seed()

    assert "12 flags in 3 environments" in said
    assert "Sign in as owner@large.example with" in said
    assert Flag.objects.count() == Flag.history.count() == 12
    assert Membership.objects.count() == 4
    assert DayTally.objects.count() == 3 * 10
    assert HourTally.objects.count() > 3 * 24 * 7
    assert (Experiment.objects.count() > 3, WebhookDelivery.objects.count()) == (True, 2_000)
    assert AuditEvent.objects.filter(verb="flag.toggled").count() == 20
    project = Project.objects.get()
    page = browser(User.objects.get(email="owner@large.example")).get(
        f"/organizations/large/projects/{project.key}/flags/"
    )
    assert "evaluations in the last 24 hours" in page.content.decode()


def test_what_it_made_is_as_right_as_by_hand() -> None:
    seed()

    assert all(audit.verify(chain).is_intact for chain in audit.chains())


def test_the_same_number_makes_the_same_and_another_does_not() -> None:
    for slug, number in (("one", 7), ("two", 7), ("three", 8)):
        seed(organization=slug, number=number)

    assert made_in("one") == made_in("two") != made_in("three")


def test_what_is_there_stays_as_it_is(acme: Organization) -> None:
    with pytest.raises(CommandError, match="There is an organization acme already"):
        seed(organization="acme")
    User.objects.create_user("somebody@large.example")
    with pytest.raises(CommandError, match="There are people at"):
        seed()

    assert Organization.objects.get() == acme


def test_nobody_makes_it_by_mistake() -> None:
    with pytest.raises(CommandError, match="--large"):
        call_command("seed")

    assert not Organization.objects.exists()
