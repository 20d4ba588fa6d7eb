"""The worker's looks: exactly once, whoever looks and however often; never faster than the steps say; failures written down."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics.models import Rollout
from analytics.rollouts import moving, running, served, services, waiting
from analytics.rollouts.steps import Step
from evaluation.models import ConvergenceReport, ManifestVersion
from flags import services as flag_services
from flags.models import Flag, FlagConfig
from tenants import services as tenants_services
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment
from tests.analytics.batches import Tell, counts
from tests.analytics.rollouts.conftest import TIMED, Look, Plan, edit, fresh, now_of, share
from tests.conftest import AtOnce

pytestmark = pytest.mark.django_db


def stepped() -> int:
    return AuditEvent.objects.filter(verb="rollout.stepped").count()


def test_a_look_that_finds_nothing_due_is_one_query(go: Plan) -> None:
    now = now_of(go())

    with CaptureQueriesContext(connection) as captured:
        assert running.run(now) == 0

    assert len(captured) == 1


def test_looking_again_and_again_takes_a_step_once(go: Plan, after: Look) -> None:
    rollout = after(go(), 61)
    version = FlagConfig.objects.get().version

    for seconds in (0, 1, 59):
        after(rollout, seconds)

    assert (stepped(), FlagConfig.objects.get().version) == (2, version)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_take_a_step_once(go: Plan, after: Look, at_once: AtOnce) -> None:
    rollout = after(go())
    now = now_of(rollout) + timedelta(seconds=61)

    at_once(*[lambda: running.run(now)] * 4)

    assert (stepped(), share(rollout)) == (2, 25)


@pytest.mark.django_db(transaction=True)
def test_a_step_and_a_change_by_hand_at_once_leave_one_truth(
    go: Plan, after: Look, at_once: AtOnce, checkout: Flag, development: Environment, as_bob: Actor
) -> None:
    rollout = after(go())
    now = now_of(rollout) + timedelta(seconds=61)
    by_hand = {"on": 2, "off": 98}

    at_once(
        lambda: running.run(now),
        lambda: flag_services.set_rollout(checkout, development, by_hand, actor=as_bob),
    )
    after(rollout)

    assert (fresh(rollout).status, share(rollout)) == ("paused", 2)


@pytest.mark.django_db(transaction=True)
def test_who_dies_in_the_middle_of_a_step_has_taken_none(
    go: Plan, after: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    rollout = after(go())

    class Death(BaseException):
        """As SIGKILL: nothing behind it runs, and the database takes back what was not committed."""

    def die(*args: Any, **kwargs: Any) -> None:
        raise Death

    with monkeypatch.context() as patched:
        patched.setattr(moving, "_told_of_step", die)
        with pytest.raises(Death):
            running.run(now_of(rollout) + timedelta(seconds=61))
    assert (share(rollout), fresh(rollout).position, stepped()) == (1, 1, 1)

    after(rollout, 61)

    assert (share(rollout), fresh(rollout).position, stepped()) == (25, 2, 2)


def test_hours_that_nobody_looked_are_not_made_up_for(go: Plan, after: Look) -> None:
    rollout = after(go([Step(1, 60), Step(5, 60), Step(25, 60), Step(100, 60)]), 12 * 3600)

    assert share(rollout) == 5
    for _ in range(3):
        rollout = after(rollout, 30)
    assert share(rollout) == 5
    assert share(after(rollout, 61)) == 25


def test_it_waits_for_the_minimum_sample(go: Plan, after: Look, tell: Tell) -> None:
    rollout = go([Step(1, 60, 100), Step(100)])
    long_ago = timezone.now() - timedelta(minutes=10)
    Rollout.objects.update(since=long_ago, due_at=long_ago)
    tell(
        counts=counts(60) + counts(900, variant="off") + counts(900, reason="TARGETING_MATCH"), ago=timedelta(minutes=5)
    )
    tell(counts=counts(5_000), ago=timedelta(minutes=30))  # before the step

    rollout = after(rollout, 300)
    assert share(rollout) == 1
    now = now_of(rollout) + timedelta(seconds=600)
    assert [hurdle.says for hurdle in waiting.hurdles_of(rollout, now=now)] == [
        "evaluations to on: 60 of 100 since the step"
    ]

    tell(counts=counts(40), ago=timedelta(minutes=2))
    assert share(after(rollout, 600)) == 100


def test_exposures_count_where_there_are_more_of_them(go: Plan, tell: Tell) -> None:
    rollout = go([Step(1, 60, 2), Step(100)])
    Rollout.objects.update(since=timezone.now() - timedelta(minutes=10))
    at = (timezone.now() - timedelta(minutes=5)).isoformat()
    met = [{"flag": "checkout", "variant": "on", "subject": f"user-{number}", "at": at} for number in range(3)]
    tell(counts=counts(1), exposures=met, ago=timedelta(minutes=5))

    assert waiting.sample_of(fresh(rollout), now=timezone.now()) == 3


def test_where_everybody_gets_the_variant_every_evaluation_counts(go: Plan, tell: Tell) -> None:
    rollout = go([Step(100, 60, 2)])
    Rollout.objects.update(since=timezone.now() - timedelta(minutes=10))
    tell(counts=counts(7, reason="STATIC"), ago=timedelta(minutes=5))

    assert waiting.sample_of(fresh(rollout), now=timezone.now()) == 7


@pytest.mark.parametrize(("hours", "days"), [(25, 0), (0, 33)])
def test_a_long_step_is_counted_in_whole_hours_or_days_behind_it(go: Plan, tell: Tell, hours: int, days: int) -> None:
    rollout, age = go([Step(1, None, 2), Step(100)]), timedelta(hours=hours, days=days)
    Rollout.objects.update(since=timezone.now() - age)
    tell(counts=counts(7), ago=age / 2)
    tell(counts=counts(1_000), ago=age + timedelta(days=1 if days else 0, hours=1))

    assert waiting.sample_of(fresh(rollout), now=timezone.now()) == 7


def test_it_waits_for_everybody_to_have_the_step_before(go: Plan, after: Look, development: Environment) -> None:
    rollout = after(go())
    newest = ManifestVersion.objects.filter(environment=development).latest("version").version
    report(development, "edge-1", {newest - 1: 3}, holds=newest)

    rollout = after(rollout, 61)
    assert share(rollout) == 1
    now = now_of(rollout) + timedelta(seconds=61)
    assert [hurdle.says for hurdle in waiting.hurdles_of(rollout, now=now)] == [
        "everybody to have the step: edge-1 is behind"
    ]

    ConvergenceReport.objects.all().delete()
    report(development, "edge-1", {newest: 3}, holds=newest)
    assert share(after(rollout, 65)) == 25


def report(environment: Environment, name: str, streams: dict[int, int], *, holds: int) -> None:
    counted = {str(version): count for version, count in streams.items()}
    ConvergenceReport.objects.create(
        organization_id=environment.organization_id,
        environment=environment,
        reporter=name,
        name=name,
        is_relay=True,
        holds=holds,
        seen={"streams": counted, "instances": {}},
        heard_at=timezone.now() + timedelta(seconds=61),
    )


def test_a_step_that_is_not_published_is_waited_for(go: Plan) -> None:
    rollout = go()
    now = now_of(rollout) + timedelta(seconds=61)

    assert running.run(now) == 0
    assert [hurdle.says for hurdle in waiting.hurdles_of(fresh(rollout), now=now)] == ["the step to be published"]


def test_the_time_is_waited_for_in_words(go: Plan, after: Look) -> None:
    rollout = after(go())
    (hurdle,) = waiting.hurdles_of(rollout, now=now_of(rollout))

    over = now_of(rollout) + timedelta(seconds=60)
    assert hurdle.says == f"its time to be over, at {over:%H:%M:%S} UTC"


Meddle = Callable[[Rollout, Actor], object]

# What people do in between, and what the rollout says of it.
MEDDLING: dict[str, tuple[Meddle, str]] = {
    "other weights": (
        lambda it, actor: flag_services.set_rollout(it.flag, it.environment, {"on": 2, "off": 98}, actor=actor),
        "the split was changed, as version",
    ),
    "another attribute": (
        lambda it, actor: edit(it, fallthrough={"split": {"by": "account", "weights": {"on": 1, "off": 99}}}),
        "the split was changed, as version",
    ),
    "one variant": (lambda it, actor: edit(it), "the split was changed, as version"),
    "nothing": (lambda it, actor: edit(it, fallthrough=None), "serves no variant any more"),
    "killed": (
        lambda it, actor: flag_services.kill_flag(it.flag, it.environment, actor=actor),
        "checkout was killed in development, as version",
    ),
    "off": (
        lambda it, actor: flag_services.toggle_flag(it.flag, it.environment, enabled=False, actor=actor),
        "checkout was turned off in development, as version",
    ),
    "archived": (lambda it, actor: flag_services.archive_flag(it.flag, actor=actor), "checkout is archived"),
    "deleted": (lambda it, actor: flag_services.delete_flag(it.flag, actor=Actor.system()), "checkout was deleted"),
    "salted anew": (
        lambda it, actor: flag_services.edit_flag(it.flag, {"salt": "new"}, actor=actor),
        "the salt was changed",
    ),
    "rolled back": (
        lambda it, actor: flag_services.roll_back_config(it.flag, it.environment, to_version=2, actor=actor),
        "the split was changed, as version",
    ),
}


@pytest.mark.parametrize("what", MEDDLING)
def test_what_people_do_in_between_wins_and_pauses_it(go: Plan, after: Look, as_bob: Actor, what: str) -> None:
    rollout = after(go())
    meddle, says = MEDDLING[what]
    meddle(rollout, as_bob)
    states = list(FlagConfig.with_deleted.values("enabled", "fallthrough", "version"))

    rollout = after(rollout, 1)  # long before its time

    assert rollout.status == "paused"
    assert says in rollout.reason
    assert list(FlagConfig.with_deleted.values("enabled", "fallthrough", "version")) == states
    paused = AuditEvent.objects.get(verb="rollout.paused")
    assert (paused.actor_name, paused.comment) == ("progressive rollout on of checkout", rollout.reason)


@pytest.mark.parametrize("what", ["killed", "off", "other weights", "nothing"])
def test_what_was_put_back_before_anybody_looked_pauses_it_too(
    go: Plan, after: Look, as_bob: Actor, checkout: Flag, development: Environment, what: str
) -> None:
    rollout = after(go())
    meddle, says = MEDDLING[what]
    meddle(rollout, as_bob)
    flag_services.roll_back_config(checkout, development, to_version=3, actor=as_bob)
    flag_services.set_targets(checkout, development, [{"variant": "on", "values": ["alice"]}], actor=as_bob)

    rollout = after(rollout, 3_700)  # the worker was away, and its time is over

    assert (rollout.status, share(rollout)) == ("paused", 1)
    assert says in rollout.reason
    assert rollout.reason.endswith("though it was put back by version 6.")
    assert share(services.resume(rollout, actor=as_bob)) == 1


def test_in_between_only_so_many_versions_are_read(
    go: Plan, after: Look, as_bob: Actor, checkout: Flag, development: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served, "MOST_BETWEEN", 2)
    rollout = after(go())

    def save(*names: str) -> None:
        for name in names:
            targets = [{"variant": "on", "values": [name]}]
            flag_services.set_targets(checkout, development, targets, actor=as_bob)

    save("alice", "bob", "carol")
    assert after(rollout, 1).status == "running"
    save("dave", "erin", "frank", "grace")
    rollout = after(rollout, 3)

    assert (rollout.status, rollout.reason) == (
        "paused",
        "Paused: checkout was saved more than 2 times in development since it was looked at.",
    )


def test_what_people_do_elsewhere_in_the_flag_does_not_hold_it_up(
    go: Plan, after: Look, checkout: Flag, development: Environment, as_bob: Actor
) -> None:
    rollout = after(go())
    flag_services.set_targets(checkout, development, [{"variant": "on", "values": ["alice"]}], actor=as_bob)
    flag_services.edit_flag(checkout, {"name": "Till"}, actor=as_bob)

    rollout = after(rollout, 1)
    assert rollout.since is not None
    with CaptureQueriesContext(connection) as captured:
        running.run(rollout.since + timedelta(seconds=2))

    assert len(captured) == 1  # it is not looked at for that again
    assert share(after(rollout, 61)) == 25
    assert FlagConfig.objects.get().targets == [{"variant": "on", "values": ["alice"]}]


def test_failures_are_retried_and_written_down_and_after_several_it_pauses(
    go: Plan, after: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    rollout = after(go())

    def fail(*args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError("nothing for people")

    monkeypatch.setattr(flag_services, "set_rollout", fail)
    rollout = after(rollout, 61)
    assert (rollout.failures, rollout.last_error, rollout.status) == (1, "ZeroDivisionError", "running")
    assert rollout.due_at == now_of(rollout) + timedelta(seconds=63)

    for seconds in (100, 200, 300, 400):
        rollout = after(rollout, seconds)

    assert rollout.status == "paused"
    assert rollout.reason == "Paused after 5 failures in a row: ZeroDivisionError"
    assert share(rollout) == 1


def test_after_a_failure_it_goes_on(go: Plan, after: Look) -> None:
    rollout = after(go())
    Rollout.objects.update(failures=3, last_error="ZeroDivisionError")

    rollout = after(rollout, 61)

    assert (rollout.failures, rollout.last_error, share(rollout)) == (0, "", 25)


@pytest.mark.parametrize(("is_the_step", "ends"), [(False, ("running", 0)), (True, ("paused", 5))])
def test_a_look_that_goes_well_ends_a_row_of_failures_but_of_a_step_only_the_step_does(
    go: Plan, after: Look, monkeypatch: pytest.MonkeyPatch, is_the_step: bool, ends: tuple[str, int]
) -> None:
    rollout = after(go([Step(1), Step(25)]) if is_the_step else go())

    def fail(*args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError

    def behind(*args: Any, **kwargs: Any) -> Any:
        yield waiting.Hurdle("convergence", "everybody to have the step: edge-1 is behind")

    for number in range(1, 6):
        with monkeypatch.context() as patched:
            patched.setattr(*((flag_services, "set_rollout") if is_the_step else (waiting, "hurdles_of")), fail)
            Rollout.objects.update(due_at=now_of(rollout))
            assert after(rollout, 40 + 2 * number).failures == (number if is_the_step else 1)
        with monkeypatch.context() as patched:
            patched.setattr(waiting, "hurdles_of", behind)
            Rollout.objects.filter(status="running").update(due_at=now_of(rollout))
            rollout = after(rollout, 41 + 2 * number)

    assert ((rollout.status, rollout.failures), share(rollout)) == (ends, 1)


def test_one_that_fails_does_not_hold_up_another(
    a_flag: Callable[..., Flag], go: Plan, after: Look, development: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = go()
    other = go(flag=a_flag("banner", development, enabled=True, fallthrough={"variant": "off"}))
    after(broken)
    Rollout.objects.filter(pk=broken.pk).update(steps=[{"percent": 1, "wait_seconds": 1}, {"percent": "nonsense"}])

    after(broken, 62)

    assert fresh(broken).failures == 1
    assert share(other) == 25


def test_in_a_deleted_environment_nothing_is_looked_at(go: Plan, development: Environment, system: Actor) -> None:
    rollout = go()
    tenants_services.delete_environment(development, actor=system)

    assert running.due(now_of(rollout) + timedelta(days=1)) == []


def test_the_steps_are_those_that_were_planned(go: Plan) -> None:
    assert [step["percent"] for step in go().steps] == [step.percent for step in TIMED]
