"""An experiment is started, given traffic, stopped and concluded through the flag's services, and sees what others do to it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from analytics.experiments import services
from analytics.experiments.selectors import clean_since, interventions_in
from analytics.models import Experiment, Metric
from flags import services as flag_services
from flags.models import Flag, FlagConfig
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, OutboxEvent, Project
from tenants.problems import Conflict, Invalid, VersionConflict
from tests.analytics.experiments.people import SUBJECTS, served
from tests.analytics.experiments.test_services import CTA

pytestmark = pytest.mark.django_db
Draft = Callable[..., Experiment]


@pytest.fixture
def draft(checkout: Flag, purchase: Metric, shop: Project, as_bob: Actor) -> Draft:
    def make(**members: Any) -> Experiment:
        experiment: Experiment = services.create_experiment(shop, CTA | members, actor=as_bob).thing
        return experiment

    return make


@pytest.fixture
def start(draft: Draft, as_bob: Actor) -> Draft:
    return lambda **members: services.start_experiment(draft(**members), actor=as_bob).thing


def state(flag: Flag) -> FlagConfig:
    config: FlagConfig = FlagConfig.objects.get(flag=flag)
    return config


def of_all(flag: Flag) -> dict[str, Any]:
    """The split of what all get whom no rule names."""
    fallthrough = state(flag).fallthrough
    assert fallthrough is not None
    split: dict[str, Any] = fallthrough["split"]
    return split


def shares(flag: Flag, environment: Environment) -> dict[Any, float]:
    """Per cent of a thousand subjects, by variant and rule."""
    got = served(flag.key, environment, SUBJECTS[:4_000])
    return {each: round(got.count(each) / 40) for each in set(got)}


def test_with_all_traffic_it_is_what_all_get_whom_no_rule_names(
    start: Draft, checkout: Flag, development: Environment
) -> None:
    before = of_all(checkout).get("salt")

    experiment = start()

    assert (experiment.status, experiment.rule_id, experiment.started_at is not None) == ("running", "", True)
    split = of_all(checkout)
    assert split["ranges"] == [["off", 0, 50_000], ["on", 50_000, 100_000]]
    assert split["salt"] == experiment.salt != before
    assert [(each["version"], each["traffic"]) for each in experiment.splits] == [(state(checkout).version, 100.0)]
    verbs = list(AuditEvent.objects.order_by("position").values_list("verb", flat=True))[-2:]
    assert verbs == ["flag.configured", "experiment.started"]
    assert OutboxEvent.objects.filter(topic="experiment.started", environment=development).exists()


def test_with_less_it_gets_a_rule_below_all_others_and_the_rest_goes_on(
    start: Draft, checkout: Flag, development: Environment, as_bob: Actor
) -> None:
    flag_services.set_fallthrough(checkout, development, {"variant": "off"}, actor=as_bob)

    experiment = start(traffic=20)

    assert [rule["id"] for rule in state(checkout).rules] == [experiment.rule_id] == ["experiment-1"]
    assert shares(checkout, development).keys() == {("on", "experiment-1"), ("off", "experiment-1"), ("off", "-")}
    assert shares(checkout, development)["off", "-"] == pytest.approx(80, abs=3)


def test_a_rule_that_is_there_splits_those_whom_it_matches(
    start: Draft, checkout: Flag, development: Environment, as_bob: Actor
) -> None:
    asked = {"attribute": "country", "op": "in", "values": ["IN"]}
    rule = {"id": "india", "if": asked, "serve": {"variant": "off"}}
    flag_services.set_rules(checkout, development, [rule], actor=as_bob)

    experiment = start(rule="india", traffic=40)

    (changed,) = state(checkout).rules
    assert changed["if"] == rule["if"]
    assert changed["serve"]["split"]["ranges"] == [["off", 0, 20_000], ["on", 20_000, 40_000], [None, 40_000, 100_000]]
    assert experiment.rule_id == "india"


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        (lambda flag, env, actor: flag_services.archive_flag(flag, actor=actor), "is archived"),
        (lambda flag, env, actor: flag_services.toggle_flag(flag, env, enabled=False, actor=actor), "turn it on first"),
        (
            lambda flag, env, actor: flag_services.set_rules(
                flag, env, [{"id": "all", "serve": {"variant": "off"}}], actor=actor
            ),
            'The rule "all" serves everybody before',
        ),
    ],
)
def test_where_nobody_would_come_it_does_not_start(
    prepare: Any, said: str, draft: Draft, checkout: Flag, development: Environment, as_ada: Actor
) -> None:
    experiment = draft(traffic=20)
    prepare(checkout, development, as_ada)

    with pytest.raises(Conflict, match=said):
        services.start_experiment(experiment, actor=as_ada)

    assert Experiment.objects.get().status == "draft"


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"rule": "nothing"}, "has no rule"),
        ({"primary_metric": None}, "no primary metric"),
    ],
)
def test_what_is_not_there_is_named_at_the_start(
    members: dict[str, Any], said: str, draft: Draft, as_bob: Actor
) -> None:
    with pytest.raises(Conflict, match=said):
        services.start_experiment(draft(**members), actor=as_bob)


def test_a_variant_that_went_meanwhile_is_named(draft: Draft, checkout: Flag, as_ada: Actor) -> None:
    flag_services.edit_flag(checkout, {"variants": {"on": True, "off": False, "x": True}}, actor=as_ada)
    experiment = draft(weights={"off": 50, "x": 50})
    flag_services.edit_flag(checkout, {"variants": {"on": True, "off": False}}, actor=as_ada)

    with pytest.raises(Conflict, match='no variant "x"'):
        services.start_experiment(experiment, actor=as_ada)


def test_one_at_a_time_on_the_same_rule(start: Draft, draft: Draft, as_bob: Actor) -> None:
    start()
    another = draft(key="another")

    with pytest.raises(Conflict, match="cta is running there already"):
        services.start_experiment(another, actor=as_bob)


def test_each_step_takes_what_comes_before_it(start: Draft, as_bob: Actor) -> None:
    experiment = start()
    with pytest.raises(Conflict, match="is running; for that it must be draft"):
        services.start_experiment(experiment, actor=as_bob)
    with pytest.raises(VersionConflict):
        services.stop_experiment(experiment, version=1, actor=as_bob)

    stopped = services.stop_experiment(experiment, version=2, actor=as_bob).thing

    with pytest.raises(Conflict, match="is stopped"):
        services.stop_experiment(stopped, actor=as_bob)
    concluded = services.conclude_experiment(stopped, actor=as_bob).thing
    with pytest.raises(Conflict, match="is concluded"):
        services.conclude_experiment(concluded, actor=as_bob)


def test_more_and_less_traffic_moves_nobody_to_another_variant(
    start: Draft, checkout: Flag, development: Environment, as_bob: Actor
) -> None:
    experiment = start(traffic=10)
    met: dict[str, str] = {}
    for traffic in (10, 25, 60, 5, 40, 100):
        experiment = services.edit_experiment(experiment, {"traffic": traffic}, actor=as_bob).thing
        for subject, (variant, rule) in zip(SUBJECTS, served("checkout", development), strict=True):
            if rule == "experiment-1":
                assert met.setdefault(subject, str(variant)) == variant

    assert len(met) == len(SUBJECTS)
    assert [each["traffic"] for each in experiment.splits] == [10, 25, 60, 5, 40, 100]
    assert interventions_in(experiment) == []


def test_what_the_fallthrough_serves_cannot_pass_people_on(start: Draft, as_bob: Actor) -> None:
    with pytest.raises(Conflict, match="nobody can be passed on"):
        services.edit_experiment(start(), {"traffic": 50}, actor=as_bob)


def test_a_winner_is_served_to_all_and_rolled_back_as_any_change(
    start: Draft, checkout: Flag, development: Environment, as_bob: Actor
) -> None:
    experiment = start(traffic=20)
    version = state(checkout).version
    with pytest.raises(Invalid, match="choose one of off, on"):
        services.conclude_experiment(experiment, winner="blue", actor=as_bob)

    concluded = services.conclude_experiment(experiment, winner="on", actor=as_bob).thing

    assert (concluded.status, concluded.winner) == ("concluded", "on")
    assert concluded.stopped_at == concluded.concluded_at
    assert shares(checkout, development) == {("on", "-"): 100}
    flag_services.roll_back_config(checkout, development, to_version=version, actor=as_bob)
    assert state(checkout).rules[0]["serve"]["split"]["salt"] == experiment.salt


def test_without_a_winner_the_flag_stays_as_it_is(start: Draft, checkout: Flag, as_bob: Actor) -> None:
    experiment = start()
    version = state(checkout).version

    services.conclude_experiment(experiment, actor=as_bob)

    assert state(checkout).version == version


def test_what_somebody_changes_by_hand_is_noticed_with_its_time_and_name(
    start: Draft, checkout: Flag, development: Environment, as_bob: Actor, as_ada: Actor
) -> None:
    experiment = start(traffic=20)
    own = state(checkout)
    flag_services.set_targets(checkout, development, [{"variant": "on", "values": ["u"]}], actor=as_ada)
    assert interventions_in(experiment) == []
    assert clean_since(experiment, []) == experiment.started_at

    flag_services.set_rollout(
        checkout, development, {"on": 15, "off": 5, "null": 80}, rule_id="experiment-1", actor=as_ada
    )
    flag_services.set_rules(checkout, development, [], actor=as_bob)
    found = interventions_in(experiment)

    assert [(each.what, each.by, each.until is None) for each in found] == [
        ("split-changed", "Ada", False),
        ("rule-gone", "Bob", True),
    ]
    assert found[0].until == found[1].at
    assert clean_since(experiment, found) is None
    with pytest.raises(Conflict, match="rule was deleted by Bob"):
        services.edit_experiment(experiment, {"traffic": 50}, actor=as_bob)
    with pytest.raises(Conflict, match="cannot serve that"):
        services.conclude_experiment(experiment, winner="on", actor=as_bob)

    flag_services.roll_back_config(checkout, development, to_version=own.version, actor=as_bob)
    found = interventions_in(experiment)

    assert [each.until is None for each in found] == [False, False]
    assert clean_since(experiment, found) == found[1].until
    assert services.edit_experiment(experiment, {"traffic": 50}, actor=as_bob).changed


def test_a_flag_that_was_turned_off_and_on_again_is_noticed(
    start: Draft, checkout: Flag, development: Environment, as_ada: Actor
) -> None:
    experiment = start()
    flag_services.kill_flag(checkout, development, actor=as_ada)
    flag_services.toggle_flag(checkout, development, enabled=True, actor=as_ada)

    (found,) = interventions_in(experiment)

    assert (found.what, found.by, found.until is not None) == ("off", "Ada", True)


def test_what_happens_after_the_stop_is_no_intervention(
    start: Draft, checkout: Flag, development: Environment, as_ada: Actor
) -> None:
    experiment = services.stop_experiment(start(), actor=as_ada).thing
    flag_services.kill_flag(checkout, development, actor=as_ada)

    assert interventions_in(experiment) == []


def test_a_flag_stays_as_long_as_an_experiment_on_it_has_people(start: Draft, checkout: Flag, as_ada: Actor) -> None:
    experiment = start()
    for going in (flag_services.archive_flag, flag_services.delete_flag):
        with pytest.raises(Conflict, match="the experiment cta is running in development; stop or conclude it first"):
            going(checkout, actor=as_ada)

    experiment = services.stop_experiment(experiment, actor=as_ada).thing
    with pytest.raises(Conflict, match="the experiment cta is stopped in development and still served"):
        flag_services.delete_flag(checkout, actor=as_ada)
    flag_services.unarchive_flag(flag_services.archive_flag(checkout, actor=as_ada).thing, actor=as_ada)
    services.conclude_experiment(experiment, actor=as_ada)

    flag_services.delete_flag(checkout, actor=as_ada)

    assert not Flag.objects.exists()


def test_a_flag_that_was_archived_nevertheless_is_off(start: Draft, checkout: Flag, as_ada: Actor) -> None:
    experiment = start(traffic=20)
    Flag.objects.update(archived_at=timezone.now())
    experiment = Experiment.objects.get(pk=experiment.pk)

    (found,) = interventions_in(experiment)

    assert (found.what, found.until, clean_since(experiment, [found])) == ("off", None, None)
    with pytest.raises(Conflict, match="is archived; unarchive it first"):
        services.edit_experiment(experiment, {"traffic": 50}, actor=as_ada)
    stopped = services.stop_experiment(experiment, actor=as_ada).thing
    Flag.objects.update(archived_at=timezone.now())
    assert interventions_in(Experiment.objects.get(pk=stopped.pk)) == [], "what happens after the stop is none"
