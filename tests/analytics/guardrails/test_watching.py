"""A breach turns its flag off exactly once, says why, and tells those who may know; a dry run says so and does nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics import tasks
from analytics.guardrails import watching
from analytics.guardrails.services import arm_guardrail, create_guardrail, edit_guardrail
from analytics.models import Guardrail, Rollout
from analytics.rollouts import running
from analytics.rollouts import services as rollouts
from analytics.rollouts.steps import Step
from flagforge.celery import app
from flags.models import Flag, FlagConfig
from flags.services import delete_flag, kill_flag, toggle_flag
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Mail, User
from tenants.permissions import withdraw_all
from tenants.problems import Conflict
from tenants.webhooks.events import EVENT_TYPES
from tests.analytics.guardrails.conftest import ERRORS, Report
from tests.conftest import AtOnce

pytestmark = pytest.mark.django_db


def look() -> int:
    return watching.look(now=timezone.now())


def is_on(environment: Environment) -> bool:
    return bool(FlagConfig.objects.filter(environment=environment, enabled=True).exists())


def test_what_keeps_its_budget_stays_on_and_the_guardrail_says_what_it_saw(
    guardrail: Guardrail, report: Report, development: Environment
) -> None:
    report(requests=500, errors=10)

    assert look() == 1

    seen = Guardrail.objects.get()
    assert is_on(development)
    assert (seen.state, seen.is_due, seen.evidence["requests"], seen.evidence["failures"]) == (
        "watching",
        False,
        500,
        10,
    )
    assert look() == 0


def test_a_breach_turns_the_flag_off_and_says_why(
    guardrail: Guardrail, report: Report, development: Environment, production: Environment
) -> None:
    report(requests=500, errors=400)

    look()

    seen = Guardrail.objects.get()
    assert (is_on(development), is_on(production)) == (False, True)
    assert (seen.state, seen.done, seen.breached_at is not None) == ("breached", "killed", True)
    killed, breached = (AuditEvent.objects.get(verb=verb) for verb in ("flag.killed", "guardrail.breached"))
    why = "errors of on at most 2 %: 400 of 500 requests (80 %) of on failed since"
    assert killed.actor_name == breached.actor_name == "guardrail Checkout fails"
    assert killed.actor_kind == "system"
    assert why in killed.comment
    assert why in breached.comment
    evidence = breached.after["evidence"]
    assert (evidence["requests"], evidence["failures"], evidence["budget"]) == (500, 400, 0.02)
    assert evidence["e_value"] >= evidence["needed"] >= 100
    assert evidence["at_least"] > 0.7


def test_it_happens_once(guardrail: Guardrail, report: Report, development: Environment, as_bob: Actor) -> None:
    report(requests=500, errors=400)
    look()
    toggle_flag(guardrail.flag, development, enabled=True, actor=as_bob)
    report(requests=500, errors=400)

    look()

    assert is_on(development)
    assert AuditEvent.objects.filter(verb="guardrail.breached").count() == 1


def test_armed_again_it_counts_from_nothing(
    guardrail: Guardrail, report: Report, development: Environment, as_bob: Actor
) -> None:
    report(requests=500, errors=400)
    look()
    toggle_flag(guardrail.flag, development, enabled=True, actor=as_bob)
    arm_guardrail(Guardrail.objects.get(), actor=as_bob)

    report(requests=50, errors=0)
    look()
    assert is_on(development)
    report(requests=50, errors=40)
    look()

    assert not is_on(development)


def test_a_dry_run_says_what_it_would_have_done(
    guardrail: Guardrail, report: Report, development: Environment, as_bob: Actor
) -> None:
    edit_guardrail(guardrail, {"is_dry_run": True}, actor=as_bob)
    report(requests=500, errors=400)

    look()

    assert is_on(development)
    assert Guardrail.objects.get().done == "would_kill"
    assert AuditEvent.objects.get(verb="guardrail.would_breach").after["done"] == "would_kill"
    assert not AuditEvent.objects.filter(verb__in=["flag.killed", "guardrail.breached"]).exists()
    assert "not turned off: it is a dry run" in Mail.objects.get().subject


def test_one_that_only_tells_does_so(
    guardrail: Guardrail, report: Report, development: Environment, as_bob: Actor
) -> None:
    edit_guardrail(guardrail, {"action": "tell"}, actor=as_bob)
    report(requests=500, errors=400)

    look()

    assert is_on(development)
    assert AuditEvent.objects.get(verb="guardrail.breached").after["done"] == "told"


def test_one_that_pauses_rollouts_leaves_the_flag_on(
    guardrail: Guardrail, report: Report, development: Environment, as_bob: Actor
) -> None:
    rollout = rollouts.create(guardrail.flag, development, variant="off", steps=[Step(10), Step(100)], actor=as_bob)
    rollouts.start(rollout, actor=as_bob)
    edit_guardrail(guardrail, {"action": "pause"}, actor=as_bob)
    report(requests=500, errors=400)

    look()

    assert is_on(development)
    assert Guardrail.objects.get().done == "paused"
    paused = Rollout.objects.get()
    assert (paused.status, AuditEvent.objects.get(verb="rollout.paused").actor_kind) == ("paused", "system")
    assert "400 of 500 requests" in AuditEvent.objects.get(verb="rollout.paused").comment


@pytest.mark.parametrize("is_to_come", [False, True])
def test_one_that_pauses_rollouts_keeps_a_planned_one_from_starting_into_the_breach(
    guardrail: Guardrail, report: Report, development: Environment, as_bob: Actor, is_to_come: bool
) -> None:
    at = timezone.now() + timedelta(seconds=60 if is_to_come else 0)
    planned: Any = {"variant": "off", "steps": [Step(10), Step(100)], "actor": as_bob}
    rollout = rollouts.create(guardrail.flag, development, starts_at=at, **planned)
    edit_guardrail(guardrail, {"action": "pause"}, actor=as_bob)
    report(requests=500, errors=400)

    look()
    running.run(at + timedelta(seconds=60))

    held, paused = Rollout.objects.get(), AuditEvent.objects.get(verb="rollout.paused")
    assert (held.status, held.position, Guardrail.objects.get().done) == ("paused", 0, "paused")
    assert held.paused_by_name == paused.actor_name == "guardrail Checkout fails"
    assert "400 of 500 requests" in held.reason == paused.comment
    assert held.evidence["failures"] == 400

    resumed = rollouts.resume(rollout, actor=as_bob)
    assert (resumed.status, resumed.position) == (("planned", 0) if is_to_come else ("running", 1))
    running.run(at + timedelta(seconds=1))
    assert Rollout.objects.get().status == "running"


def test_one_that_waits_for_somebody_to_start_it_is_left_to_them(
    guardrail: Guardrail, report: Report, development: Environment, as_bob: Actor
) -> None:
    steps = [Step(10), Step(100)]
    rollout = rollouts.create(guardrail.flag, development, variant="off", steps=steps, actor=as_bob)
    edit_guardrail(guardrail, {"action": "pause"}, actor=as_bob)
    report(requests=500, errors=400)

    look()

    assert (Rollout.objects.get().status, Guardrail.objects.get().done) == ("planned", "no_rollout")
    with pytest.raises(Conflict, match="is planned"):
        rollouts.pause(rollout, actor=as_bob)


def test_where_no_rollout_goes_on_nothing_is_paused(guardrail: Guardrail, report: Report, as_bob: Actor) -> None:
    edit_guardrail(guardrail, {"action": "pause"}, actor=as_bob)
    report(requests=500, errors=400)

    look()

    assert Guardrail.objects.get().done == "no_rollout"
    assert not AuditEvent.objects.filter(verb="rollout.paused").exists()


def test_a_flag_that_is_off_already_stays_so(
    guardrail: Guardrail, report: Report, development: Environment, as_bob: Actor
) -> None:
    report(requests=500, errors=400)
    kill_flag(guardrail.flag, development, actor=as_bob)

    look()

    assert Guardrail.objects.get().done == "was_off"
    assert AuditEvent.objects.filter(verb="flag.killed").count() == 1


def test_a_control_that_fails_as_often_saves_the_variant(
    served: Flag, development: Environment, as_bob: Actor, report: Report
) -> None:
    create_guardrail(served, development, ERRORS | {"control": "off", "budget": 0.1}, actor=as_bob)
    FlagConfig.objects.update(updated_at=timezone.now() - timedelta(hours=1))
    report(requests=500, errors=300, variant="off")
    report(requests=500, errors=300)
    look()
    assert is_on(development)

    report(requests=1_500, errors=1_500)
    look()

    assert not is_on(development)
    assert "and 300 of 500 requests (60 %) of off" in AuditEvent.objects.get(verb="flag.killed").comment


@pytest.mark.parametrize("verb", ["guardrail.breached", "guardrail.would_breach", "guardrail.armed"])
def test_webhooks_and_alerts_can_hear_of_it(verb: str) -> None:
    assert verb in EVENT_TYPES


def test_those_who_may_see_it_get_a_mail_and_nobody_else(
    guardrail: Guardrail, report: Report, bob: User, vera: User, as_ada: Actor
) -> None:
    edit_guardrail(guardrail, {"recipients": [bob.pk, vera.pk]}, actor=as_ada)
    withdraw_all(vera)
    report(requests=500, errors=400)

    look()

    mail = Mail.objects.get()
    assert (mail.user, mail.subject) == (bob, "checkout in development: turned off")
    assert "400 of 500 requests (80 %) of on failed" in mail.text
    assert f"/guardrails/{guardrail.pk}/" in mail.text


def test_of_a_deleted_flag_nothing_is_looked_at(guardrail: Guardrail, report: Report, as_ada: Actor) -> None:
    report(requests=500, errors=400)
    delete_flag(guardrail.flag, actor=as_ada)

    assert look() == 0
    assert not AuditEvent.objects.filter(verb="guardrail.breached").exists()


def test_what_fails_for_one_is_no_others_trouble(
    guardrail: Guardrail,
    served: Flag,
    development: Environment,
    as_bob: Actor,
    report: Report,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """`guardrail` has a budget that no service would have let in, and is first."""
    create_guardrail(served, development, ERRORS, actor=as_bob)
    Guardrail.objects.filter(pk=guardrail.pk).update(budget=7.0, min_sample=0, name="Broken")
    report(requests=500, errors=400)
    Guardrail.objects.filter(pk=guardrail.pk).update(alpha=-1.0, budget=0.1)

    assert look() == 1

    assert not is_on(development)
    assert "could not be looked at" in caplog.text


def test_the_worker_looks_every_second_and_folds_what_waits(
    guardrail: Guardrail, report: Report, development: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = app.conf.beat_schedule["guardrails"]
    assert (entry["task"], entry["schedule"]) == (tasks.watch_guardrails.name, 1.0)
    monkeypatch.setattr("tests.analytics.guardrails.conftest.fold", lambda now: 0)
    report(requests=500, errors=400)
    assert look() == 0

    assert tasks.watch_guardrails() == 1

    assert not is_on(development)


def test_where_nothing_happens_it_asks_twice(guardrail: Guardrail) -> None:
    with CaptureQueriesContext(connection) as captured:
        watching.watch(now=timezone.now())

    assert len(captured) == 2


@pytest.mark.django_db(transaction=True)
def test_of_several_workers_one_acts(
    guardrail: Guardrail, report: Report, development: Environment, at_once: AtOnce
) -> None:
    report(requests=500, errors=400)

    outcomes = at_once(*[look] * 4)

    assert not [each for each in outcomes if isinstance(each, Exception)]
    assert AuditEvent.objects.filter(verb="guardrail.breached").count() == 1
    assert AuditEvent.objects.filter(verb="flag.killed").count() == 1
    assert Mail.objects.count() == 1


def test_a_worker_that_dies_in_the_middle_leaves_nothing_half_done(
    guardrail: Guardrail, report: Report, development: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    report(requests=500, errors=400)

    def dies(*given: Any, **named: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("analytics.guardrails.breaching.tell", dies)
        with pytest.raises(KeyboardInterrupt):
            look()
    assert is_on(development)
    assert Guardrail.objects.get().state == "watching"
    assert not Mail.objects.exists()

    assert look() == 1
    assert not is_on(development)
