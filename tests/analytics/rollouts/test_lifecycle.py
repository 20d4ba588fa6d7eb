"""A rollout from plan to end: what each service does, to the flag and to whoever follows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from analytics.models import Rollout
from analytics.rollouts import services
from analytics.rollouts.steps import Step, preset_steps
from flags import services as flag_services
from flags.models import Flag
from flags.selectors import state_of
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, OutboxEvent
from tenants.problems import Conflict, Invalid, TooMany
from tests.analytics.rollouts.conftest import BY_HAND, Look, Plan, config_of, edit, fresh, share

pytestmark = pytest.mark.django_db


def verbs() -> list[str]:
    return list(
        AuditEvent.objects.filter(verb__startswith="rollout.").order_by("position").values_list("verb", flat=True)
    )


def test_a_plan_changes_nothing_yet(plan: Plan) -> None:
    rollout = plan()

    assert (rollout.status, rollout.position, rollout.baseline) == ("planned", 0, "off")
    assert share(rollout) == 0
    assert verbs() == ["rollout.created"]


def test_starting_takes_the_first_step_as_the_system(plan: Plan, as_bob: Actor) -> None:
    rollout = services.start(plan(), actor=as_bob, comment="Friday")

    assert (rollout.status, rollout.position, share(rollout)) == ("running", 1, 1)
    changed = AuditEvent.objects.get(verb="flag.configured", actor_name="progressive rollout on of checkout")
    assert (changed.actor_kind, changed.comment) == ("system", "step 1 of 3: 1 % get on")
    assert verbs() == ["rollout.created", "rollout.started", "rollout.stepped"]
    started = AuditEvent.objects.get(verb="rollout.started")
    assert (started.actor_name, started.comment) == ("Bob", "Friday")


def test_each_step_is_told_with_its_number_and_version(go: Plan, after: Look) -> None:
    rollout = after(go(), 61)

    stepped = AuditEvent.objects.filter(verb="rollout.stepped").order_by("position").last()
    assert stepped is not None
    assert {name: stepped.after[name] for name in ("number", "percent", "version", "flag", "variant", "step")} == {
        "number": 2,
        "percent": 25,
        "version": config_of(rollout).version,
        "flag": "checkout",
        "variant": "on",
        "step": 2,
    }
    assert OutboxEvent.objects.filter(topic="rollout.stepped").count() == 2


def test_it_goes_through_its_steps_to_the_end(go: Plan, after: Look) -> None:
    rollout, shares = go(), []

    for _ in range(3):
        rollout = after(rollout, 61)
        shares.append((rollout.status, share(rollout)))

    assert shares == [("running", 25), ("running", 100), ("finished", 100)]
    assert [each["number"] for each in rollout.taken] == [1, 2, 3]
    assert verbs()[1:] == ["rollout.started", *["rollout.stepped"] * 3, "rollout.finished"]


def test_nobody_who_was_in_falls_out(go: Plan, after: Look) -> None:
    rollout, held = go([Step(percent) for percent in (0.001, 1, 5, 25, 99.999, 100)]), set[int]()

    for _ in rollout.steps:
        ranges = config_of(rollout).fallthrough["split"]["ranges"]  # type: ignore[index]  # a split as long as it runs
        has = {bucket for name, first, past in ranges if name == "on" for bucket in range(first, past)}
        assert held <= has
        held, rollout = has, after(rollout, 3)

    assert len(held) == 100_000


def test_it_starts_by_itself_when_its_time_has_come(plan: Plan, after: Look) -> None:
    rollout = plan(starts_at=timezone.now() + timedelta(hours=1))

    assert after(rollout, 3_500).status == "planned"
    assert after(rollout, 3_700).status == "running"
    assert AuditEvent.objects.get(verb="rollout.started").actor_name == "progressive rollout on of checkout"


def test_one_that_cannot_start_by_itself_pauses_and_says_why(
    plan: Plan, after: Look, as_bob: Actor, checkout: Flag, development: Environment
) -> None:
    rollout = plan(starts_at=timezone.now())
    flag_services.kill_flag(checkout, development, actor=as_bob)

    rollout = after(rollout, 1)

    assert rollout.status == "paused"
    assert rollout.reason == (
        "It could not start: checkout was killed in development, as version 3 has it: there is nobody to roll out to."
    )
    flag_services.toggle_flag(checkout, development, enabled=True, actor=as_bob)
    assert services.resume(rollout, actor=as_bob).status == "running"
    assert share(rollout) == 1


def test_pausing_keeps_what_is_served_and_resuming_waits_anew(go: Plan, after: Look, as_bob: Actor) -> None:
    rollout = services.pause(go(), actor=as_bob, comment="Lunch").thing

    assert after(rollout, 600).status == "paused"
    assert (rollout.reason, rollout.paused_by, share(rollout)) == ("Lunch", as_bob.user, 1)

    rollout = services.resume(rollout, actor=as_bob)
    assert (rollout.reason, rollout.status) == ("", "running")
    assert share(after(rollout, 59)) == 1
    assert share(after(rollout, 61)) == 25


def test_a_guardrail_pauses_with_its_evidence(go: Plan) -> None:
    rollout, guardrail = go(), Actor.system("guardrail errors")

    saved = services.pause(rollout, actor=guardrail, comment="Too many errors", evidence={"failures": 9})
    again = services.pause(rollout, actor=guardrail, comment="Still", evidence={"failures": 11})

    assert (saved.changed, again.changed) == (True, False)
    held = fresh(rollout)
    assert (held.reason, held.evidence, held.paused_by_name) == ("Too many errors", {"failures": 9}, "guardrail errors")
    event = AuditEvent.objects.get(verb="rollout.paused")
    assert (event.actor_name, event.comment, event.after["evidence"]) == (
        "guardrail errors",
        "Too many errors",
        {"failures": 9},
    )


def test_next_goes_on_before_the_time_is_over(go: Plan, after: Look, as_bob: Actor) -> None:
    rollout = go()
    after(rollout)

    saved = services.next_step(rollout, actor=as_bob, comment="Looks good")

    assert (saved.changed, share(rollout)) == (True, 25)
    stepped = AuditEvent.objects.filter(verb="rollout.stepped").order_by("position").last()
    assert stepped is not None
    assert (stepped.actor_name, stepped.comment) == ("Bob", "Looks good")


def test_next_waits_for_everybody_to_have_the_step(go: Plan, after: Look, as_bob: Actor) -> None:
    rollout = go(BY_HAND)

    saved = services.next_step(rollout, actor=as_bob)  # the step is not published yet
    services.next_step(rollout, actor=as_bob)

    assert (saved.changed, share(rollout)) == (False, 1)
    assert verbs().count("rollout.next_asked") == 1
    assert share(after(rollout, 9)) == 25


def test_by_hand_nothing_goes_on_by_itself(go: Plan, after: Look) -> None:
    rollout = after(go(BY_HAND), 90 * 86_400)

    assert (share(rollout), rollout.due_at) == (1, None)


def test_stopping_keeps_what_is_served_for_good(go: Plan, after: Look, as_bob: Actor) -> None:
    rollout = services.stop(go(), actor=as_bob, comment="Enough")

    assert (after(rollout, 600).status, share(rollout)) == ("stopped", 1)
    for again in (services.stop, services.resume, services.roll_back, services.pause, services.next_step):
        with pytest.raises(Conflict, match="is stopped"):
            again(rollout, actor=as_bob)


SPLIT = {"split": {"by": "account", "ranges": [["off", 0, 70_000], ["on", 70_000, 70_500], ["off", 70_500, 100_000]]}}


@pytest.mark.parametrize("before", [{"variant": "off"}, SPLIT, {"split": {"weights": {"on": 0.5, "off": 99.5}}}])
def test_rolling_back_gives_exactly_what_was_served_before(
    plan: Plan, after: Look, as_bob: Actor, checkout: Flag, development: Environment, before: dict[str, Any]
) -> None:
    flag_services.set_fallthrough(checkout, development, before, actor=as_bob)
    then = state_of(checkout, development).fallthrough
    rollout = services.start(plan(), actor=as_bob)
    after(rollout, 61)
    edit_elsewhere = [{"variant": "on", "values": ["alice"]}]
    flag_services.set_targets(checkout, development, edit_elsewhere, actor=as_bob)

    services.roll_back(rollout, actor=as_bob, comment="Worse")

    config = config_of(rollout)
    assert config.fallthrough == then
    assert config.targets == edit_elsewhere
    assert fresh(rollout).status == "rolled_back"
    assert AuditEvent.objects.filter(verb="rollout.rolled_back").count() == 1


def test_blue_green_swaps_back_with_one_click_while_it_is_kept(go: Plan, after: Look, as_bob: Actor) -> None:
    rollout = go(preset_steps("blue_green", wait_seconds=3_600), preset="blue_green")
    assert share(after(rollout, 3_000)) == 100
    assert fresh(rollout).status == "running"

    services.roll_back(rollout, actor=as_bob)

    assert config_of(rollout).fallthrough == {"variant": "off"}


def test_blue_green_is_over_when_it_was_kept_long_enough(go: Plan, after: Look, as_bob: Actor) -> None:
    rollout = after(go(preset_steps("blue_green", wait_seconds=3_600)), 3_601)

    assert (rollout.status, share(rollout)) == ("finished", 100)
    with pytest.raises(Conflict, match="is finished"):
        services.roll_back(rollout, actor=as_bob)


def test_it_rolls_out_in_a_rule_and_leaves_the_others_alone(
    plan: Plan, as_bob: Actor, checkout: Flag, development: Environment
) -> None:
    condition = {"attribute": "country", "op": "in", "values": ["LV"]}
    rule = {"id": "latvia", "if": condition, "serve": {"variant": "off"}}
    flag_services.set_rules(checkout, development, [rule], actor=as_bob)

    rollout = services.start(plan(rule_id="latvia"), actor=as_bob)

    config = config_of(rollout)
    assert config.rules[0]["serve"]["split"]["weights"] == {"on": 1, "off": 99}
    assert config.fallthrough == {"variant": "off"}
    services.roll_back(rollout, actor=as_bob)
    assert config_of(rollout).rules[0]["serve"] == {"variant": "off"}


def test_it_goes_on_from_the_share_that_is_there(
    go: Plan, after: Look, as_bob: Actor, checkout: Flag, development: Environment
) -> None:
    flag_services.set_rollout(checkout, development, {"on": 10, "off": 90}, actor=as_bob)

    with pytest.raises(Conflict, match="10 % get on already"):
        go()
    services.stop(Rollout.objects.get(), actor=as_bob)
    assert share(go([Step(10), Step(20)])) == 10


@pytest.mark.parametrize(
    ("serve", "why"),
    [
        ({"variant": "on"}, "get on already"),
        (None, "serves no variant"),
    ],
)
def test_where_there_is_nothing_to_roll_out_none_is_planned(
    plan: Plan, as_bob: Actor, checkout: Flag, development: Environment, serve: Any, why: str
) -> None:
    flag_services.set_fallthrough(checkout, development, serve, actor=as_bob)

    with pytest.raises(Conflict, match=why):
        plan()
    assert not Rollout.objects.exists()


def test_between_three_variants_none_is_planned(
    a_flag: Callable[..., Flag], plan: Plan, as_bob: Actor, development: Environment
) -> None:
    banner = a_flag("banner", flag={"type": "string", "variants": {"a": "A", "b": "B", "c": "C"}})
    flag_services.put_config(
        banner, development, {"enabled": True, "fallthrough": {"split": {"weights": {"a": 50, "b": 50}}}}, actor=as_bob
    )

    with pytest.raises(Conflict, match="a, b besides c"):
        plan(flag=banner, variant="c")


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"variant": "maybe"}, "variant"),
        ({"rule_id": "nowhere"}, "rule"),
        ({"name": "a\nb"}, "name"),
        ({"name": "n" * 101}, "name"),
        ({"comment": "c" * 2_001}, "comment"),
    ],
)
def test_what_cannot_be_is_refused_with_its_path(plan: Plan, given: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as refused:
        plan(**given)

    assert [fault.path for fault in refused.value.faults] == [path]


def test_a_rule_has_one_at_a_time(plan: Plan, as_bob: Actor) -> None:
    first = plan()

    with pytest.raises(Conflict, match="has a rollout already"):
        plan()
    services.stop(first, actor=as_bob)
    assert plan().is_live


def test_an_archived_flag_is_not_rolled_out(plan: Plan, checkout: Flag, as_bob: Actor) -> None:
    flag_services.archive_flag(checkout, actor=as_bob)

    with pytest.raises(Conflict, match="archived"):
        plan()


def test_a_flag_that_is_off_is_not_started(plan: Plan, as_bob: Actor, checkout: Flag, development: Environment) -> None:
    rollout = plan()
    flag_services.toggle_flag(checkout, development, enabled=False, actor=as_bob)

    with pytest.raises(Conflict, match="turned off in development"):
        services.start(rollout, actor=as_bob)
    assert fresh(rollout).status == "planned"


def test_what_is_served_now_must_be_what_was_planned_against(
    a_flag: Callable[..., Flag], plan: Plan, as_bob: Actor, development: Environment
) -> None:
    banner = a_flag("banner", flag={"type": "string", "variants": {"a": "A", "b": "B", "c": "C"}})
    body = {"enabled": True, "fallthrough": {"variant": "a"}}
    flag_services.put_config(banner, development, body, actor=as_bob)
    rollout = plan(flag=banner, variant="c")
    flag_services.set_fallthrough(banner, development, {"variant": "b"}, actor=as_bob)

    with pytest.raises(Conflict, match="a is not what is served there any more"):
        services.start(rollout, actor=as_bob)


def test_a_project_has_so_many_at_a_time(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MOST_LIVE", 0)

    with pytest.raises(TooMany, match="has 0 rollouts that go on"):
        plan()


def test_of_those_that_are_over_only_the_newest_are_kept(
    plan: Plan, as_bob: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_ENDED", 2)

    made = [services.stop(plan(), actor=as_bob).pk for _ in range(4)]
    made.append(plan().pk)

    assert list(Rollout.objects.order_by("id").values_list("pk", flat=True)) == [made[3], made[4]]


def test_resuming_takes_up_the_share_that_people_left(go: Plan, after: Look, as_bob: Actor) -> None:
    rollout = after(go(), 61)
    edit(rollout, fallthrough={"split": {"weights": {"on": 3, "off": 97}}})
    rollout = after(rollout)
    assert rollout.status == "paused"

    rollout = services.resume(rollout, actor=as_bob)

    assert (rollout.position, share(rollout)) == (1, 3)
    assert share(after(rollout, 61)) == 25


def test_resuming_what_is_no_split_of_the_two_any_more_is_refused(
    go: Plan, as_bob: Actor, checkout: Flag, development: Environment
) -> None:
    rollout = services.pause(go(), actor=as_bob).thing
    flag_services.set_fallthrough(checkout, development, None, actor=as_bob)  # type: ignore[arg-type]  # code default

    with pytest.raises(Conflict, match="is not off or on any more"):
        services.resume(rollout, actor=as_bob)


def test_resuming_while_the_flag_is_off_is_refused(
    go: Plan, as_bob: Actor, checkout: Flag, development: Environment
) -> None:
    rollout = services.pause(go(), actor=as_bob).thing
    flag_services.kill_flag(checkout, development, actor=as_bob)

    with pytest.raises(Conflict, match="was killed in development"):
        services.resume(rollout, actor=as_bob)


def test_one_that_never_began_has_nothing_to_roll_back(
    plan: Plan, after: Look, as_bob: Actor, checkout: Flag, development: Environment
) -> None:
    rollout = plan(starts_at=timezone.now())
    flag_services.kill_flag(checkout, development, actor=as_bob)
    rollout = after(rollout, 1)

    with pytest.raises(Conflict, match="has not begun"):
        services.roll_back(rollout, actor=as_bob)
