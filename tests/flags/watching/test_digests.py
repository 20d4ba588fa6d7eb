"""Digests come at an hour of one's own time zone, daily or on a day of the week, also where clocks are put."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from flags import services
from flags.models import Flag
from flags.watching.hours import last_digest_time
from tenants.actors import Actor
from tenants.models import Environment, User
from tests.flags.watching.conftest import Told, hears


@pytest.mark.parametrize(
    ("how", "zone", "hour", "now", "expected"),
    [
        ("daily", "UTC", 9, "2026-11-27T09:00", "2026-11-27T09:00"),
        ("daily", "UTC", 9, "2026-11-27T08:59", "2026-11-26T09:00"),
        # Two hours before UTC in winter, three in summer.
        ("daily", "Europe/Riga", 9, "2026-11-27T07:30", "2026-11-27T07:00"),
        ("daily", "Europe/Riga", 9, "2026-07-27T06:30", "2026-07-27T06:00"),
        # Still yesterday there.
        ("daily", "America/Los_Angeles", 22, "2026-11-27T06:30", "2026-11-27T06:00"),
        ("daily", "America/Los_Angeles", 22, "2026-11-27T05:30", "2026-11-26T06:00"),
        # Three in the night is skipped on 29 March, and comes twice on 25 October.
        ("daily", "Europe/Riga", 3, "2026-03-29T01:30", "2026-03-29T01:00"),
        ("daily", "Europe/Riga", 3, "2026-10-25T01:30", "2026-10-25T00:00"),
        ("daily", "Europe/Riga", 3, "2026-10-25T00:30", "2026-10-25T00:00"),
        # Tuesdays; the 27th is a Friday.
        ("weekly", "UTC", 9, "2026-11-27T12:00", "2026-11-24T09:00"),
        ("weekly", "UTC", 9, "2026-11-24T08:59", "2026-11-17T09:00"),
        ("weekly", "UTC", 9, "2026-11-24T09:00", "2026-11-24T09:00"),
        ("weekly", "Pacific/Auckland", 9, "2026-11-23T20:30", "2026-11-23T20:00"),
    ],
)
def test_the_last_time_until_now(how: str, zone: str, hour: int, now: str, expected: str) -> None:
    person = User(hears_of_watched_flags=how, time_zone=zone, digest_hour=hour, digest_day=1)

    found = last_digest_time(person, datetime.fromisoformat(now).replace(tzinfo=UTC))

    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.django_db
def test_a_day_is_one_mail_at_the_hour_and_none_where_nothing_happened(
    watched: Flag, development: Environment, bob: User, as_ada: Actor, told: Told
) -> None:
    now = timezone.now()
    hears(bob, "daily", digest_hour=(now + timedelta(hours=2)).hour)
    for enabled in (True, False, True):
        services.toggle_flag(watched, development, enabled=enabled, actor=as_ada)

    assert told(now, minutes=50) == []
    (mail,) = told(now, hours=2, minutes=10)
    assert mail.startswith("checkout: 3 changes")
    assert told(now, hours=26) == [mail]


@pytest.mark.django_db
def test_a_week_is_one_mail(watched: Flag, development: Environment, bob: User, as_ada: Actor, told: Told) -> None:
    now = timezone.now()
    hears(bob, "weekly", digest_hour=0, digest_day=(now.weekday() + 3) % 7)
    services.toggle_flag(watched, development, enabled=True, actor=as_ada)

    assert [len(told(now, days=days)) for days in (1, 2, 4, 8)] == [0, 0, 1, 1]


@pytest.mark.django_db
def test_many_flags_are_counted_in_the_subject_and_grouped_in_their_order(
    watched: Flag, development: Environment, shop: object, bob: User, as_ada: Actor, system: Actor, told: Told
) -> None:
    other = services.create_flag(shop, {"key": "banner", "owner": bob.email}, actor=system).thing  # type: ignore[arg-type]
    services.toggle_flag(watched, development, enabled=True, actor=as_ada)
    services.toggle_flag(other, development, enabled=True, actor=as_ada)

    (mail,) = told()

    assert mail.startswith("3 changes to 2 flags that you watch in Acme\n")
    assert mail.index("Shop / banner") < mail.index("Shop / checkout")
    assert "/projects/shop/flags/?watched=yes" in mail
