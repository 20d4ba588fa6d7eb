"""Which requests a guardrail counts, and that each counts once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analytics.folding import refold
from analytics.guardrails.forgetting import forget_points
from analytics.guardrails.services import create_guardrail, edit_guardrail
from analytics.models import Guardrail, GuardrailPoint
from flags.models import Flag
from tenants.actors import Actor
from tenants.models import Environment
from tests.analytics.guardrails.conftest import ERRORS, Report

pytestmark = pytest.mark.django_db


def counted(variant: str = "on") -> tuple[int, int]:
    rows = GuardrailPoint.objects.filter(variant=variant).values_list("trials", "failures")
    return sum(trials for trials, _ in rows), sum(failures for _, failures in rows)


def test_requests_of_its_variant_count_and_make_it_due(guardrail: Guardrail, report: Report) -> None:
    report(requests=100, errors=3)
    report(requests=50, errors=1)

    assert counted() == (150, 4)
    assert Guardrail.objects.get().is_due


def test_of_another_variant_flag_or_environment_they_are_none_of_its_business(
    guardrail: Guardrail, report: Report, production: Environment
) -> None:
    report(requests=100, errors=3, variant="off")
    report(requests=100, errors=3, flag="banner")
    report(requests=100, errors=3, environment=production)

    assert not GuardrailPoint.objects.exists()
    assert not Guardrail.objects.get().is_due


def test_its_control_is_counted_beside_it(
    served: Flag, development: Environment, as_bob: Actor, report: Report
) -> None:
    create_guardrail(served, development, ERRORS | {"control": "off"}, actor=as_bob)

    report(requests=100, errors=3)
    report(requests=90, errors=2, variant="off")

    assert (counted("on"), counted("off")) == ((100, 3), (90, 2))


def test_what_anybody_can_send_counts_only_where_somebody_wanted_it(
    guardrail: Guardrail, report: Report, as_bob: Actor
) -> None:
    report(requests=100, errors=100, kind="client")
    assert counted() == (0, 0)

    edit_guardrail(guardrail, {"from_clients": True}, actor=as_bob)
    report(requests=100, errors=7, kind="client")

    assert counted() == (100, 7)


def test_what_happened_before_it_was_armed_does_not_count(guardrail: Guardrail, report: Report) -> None:
    report(requests=100, errors=100, at=timezone.now() - timedelta(minutes=1))

    assert counted() == (0, 0)


def test_a_window_that_is_counted_anew_counts_once(guardrail: Guardrail, report: Report) -> None:
    report(requests=100, errors=3)
    minute = timezone.now().replace(second=0, microsecond=0)

    refold(minute - timedelta(minutes=2), minute + timedelta(minutes=2), now=timezone.now() + timedelta(seconds=1))

    assert counted() == (100, 3)


def test_minutes_of_days_ago_become_hours_and_their_sum_stays(guardrail: Guardrail) -> None:
    now = timezone.now()
    hour = (now - timedelta(days=5)).replace(minute=0, second=0, microsecond=0)
    for minute, failures in ((0, 1), (7, 2), (59, 4), (60, 8)):
        start = hour + timedelta(minutes=minute)
        GuardrailPoint.objects.create(
            organization=guardrail.organization,
            guardrail=guardrail,
            start=start,
            variant="on",
            trials=10,
            failures=failures,
        )

    assert forget_points(now=now) == 2
    assert forget_points(now=now) == 0

    rows = GuardrailPoint.objects.order_by("start").values_list("start", "trials", "failures")
    assert list(rows) == [(hour, 30, 7), (hour + timedelta(hours=1), 10, 8)]


def test_answers_of_prometheus_are_kept_for_hours(guardrail: Guardrail) -> None:
    now = timezone.now()
    for hours in (1, 7):
        GuardrailPoint.objects.create(
            organization=guardrail.organization, guardrail=guardrail, start=now - timedelta(hours=hours), value=1.0
        )

    assert forget_points(now=now) == 1
