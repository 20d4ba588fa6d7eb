"""Nobody is in two experiments of a group, and who is held out is in none: a hundred thousand subjects by the real core."""

from collections import Counter
from itertools import product

import pytest
from django.utils import timezone

from analytics.experiments import services, summing
from analytics.experiments.baseline import baseline_of
from analytics.experiments.holdouts import is_held_out
from analytics.experiments.places import LATELY, free_in
from analytics.models import Experiment, Metric
from flags.models import Flag
from flags.services import set_serve
from tenants.actors import Actor
from tenants.models import Environment, Project
from tenants.problems import Conflict
from tests.analytics.experiments.people import SUBJECTS, served
from tests.analytics.experiments.test_services import CTA
from tests.evaluation.conftest import MakeFlag

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(
    a_flag: MakeFlag, checkout: Flag, purchase: Metric, shop: Project, development: Environment, as_bob: Actor
) -> list[Experiment]:
    """Drafts of two flags in a group that holds out 5 %."""
    a_flag("search", development, enabled=True)
    services.create_group(shop, {"key": "pages", "holdout": 5}, actor=as_bob)
    bodies = [CTA | {"key": flag, "flag": flag, "group": "pages", "traffic": 30} for flag in ("checkout", "search")]
    return [services.create_experiment(shop, body, actor=as_bob).thing for body in bodies]


def starts(experiment: Experiment, actor: Actor) -> Experiment:
    started: Experiment = services.start_experiment(experiment, actor=actor).thing
    return started


def free(experiment: Experiment, *environments: Environment) -> dict[str, float]:
    assert experiment.group is not None
    return free_in(experiment.group, environments)


def held_out_of(experiment: Experiment) -> set[str]:
    group = experiment.group
    assert group is not None
    return {subject for subject in SUBJECTS if is_held_out(subject, group.salt, group.holdout)}


def taking_part(flag: str, environment: Environment) -> dict[str, str]:
    """Subject → variant."""
    got = zip(SUBJECTS, served(flag, environment), strict=True)
    return {subject: str(variant) for subject, (variant, rule) in got if rule == "experiment-1"}


def test_nobody_is_in_two_and_who_is_held_out_in_none(
    two: list[Experiment], development: Environment, as_bob: Actor
) -> None:
    one, other = (services.start_experiment(each, actor=as_bob).thing for each in two)
    before = taking_part("checkout", development)
    one = services.edit_experiment(one, {"traffic": 50}, actor=as_bob).thing
    first, second = taking_part("checkout", development), taking_part("search", development)

    assert not first.keys() & second.keys()
    held_out = held_out_of(one)
    assert not held_out & (first.keys() | second.keys())
    assert [len(each) / 1_000 for each in (held_out, first, second)] == pytest.approx([5, 50, 30], abs=0.5)
    assert before.items() <= first.items(), "who was in is in the same variant still"
    assert free(other, development) == {"development": 15.0}


def test_more_than_is_free_is_refused_and_comes_free_with_the_end(
    two: list[Experiment], shop: Project, development: Environment, production: Environment, as_ada: Actor
) -> None:
    one, other = two
    one = services.edit_experiment(one, {"traffic": 70}, actor=as_ada).thing
    one = services.start_experiment(one, actor=as_ada).thing
    with pytest.raises(Conflict, match=r"pages has 25 % free in development, and search needs 30 %"):
        services.start_experiment(other, actor=as_ada)
    assert free(one, development, production) == {"development": 25.0, "production": 95.0}

    one = services.stop_experiment(one, actor=as_ada).thing
    assert free(one, development) == {"development": 25.0}, "its variants are still served"
    services.conclude_experiment(one, winner="on", actor=as_ada)

    assert services.start_experiment(other, actor=as_ada).thing.status == "running"


def test_less_traffic_keeps_the_places(two: list[Experiment], development: Environment, as_bob: Actor) -> None:
    one = services.start_experiment(two[0], actor=as_bob).thing

    services.edit_experiment(one, {"traffic": 10}, actor=as_bob)

    assert free(one, development) == {"development": 65.0}


@pytest.mark.parametrize("is_deleted", [False, True])
def test_nobody_is_in_a_split_that_goes_on_after_its_experiment_and_in_the_next_one(
    is_deleted: bool, two: list[Experiment], shop: Project, development: Environment, as_ada: Actor
) -> None:
    one = services.stop_experiment(starts(two[0], as_ada), actor=as_ada).thing
    if is_deleted:
        services.delete_experiment(one, actor=as_ada)
    else:
        services.conclude_experiment(one, actor=as_ada)
    assert free(two[1], development) == {"development": 65.0}

    starts(two[1], as_ada)

    first, second = taking_part("checkout", development), taking_part("search", development)
    assert not first.keys() & second.keys()
    assert min(map(len, (first, second))) > 29_000
    assert free(two[1], development) == {"development": 35.0}
    third = services.create_experiment(
        shop, CTA | {"key": "again", "group": "pages", "traffic": 40, "rule": "experiment-1"}, actor=as_ada
    ).thing
    assert starts(third, as_ada).rule_id == "experiment-1", "who comes in place of the split may have its buckets"
    assert not taking_part("checkout", development).keys() & second.keys()
    assert free(two[1], development) == {"development": 25.0}


def test_a_split_that_is_over_is_named_where_the_group_is_full(
    two: list[Experiment], development: Environment, as_ada: Actor
) -> None:
    one = services.edit_experiment(two[0], {"traffic": 70}, actor=as_ada).thing
    services.conclude_experiment(starts(one, as_ada), actor=as_ada)
    with pytest.raises(Conflict, match="checkout still has the split of an experiment that is over"):
        starts(two[1], as_ada)

    set_serve(one.flag, development, {"variant": "on"}, rule_id="experiment-1", actor=as_ada)

    assert starts(two[1], as_ada).status == "running"


def test_the_next_one_finds_in_each_variant_as_many_of_each_variant_of_the_one_before(
    two: list[Experiment], development: Environment, as_ada: Actor
) -> None:
    one = starts(two[0], as_ada)
    before = taking_part("checkout", development)
    one = services.conclude_experiment(one, winner="on", actor=as_ada).thing
    services.delete_experiment(one, actor=as_ada)

    starts(two[1], as_ada)

    met = Counter((before[subject], variant) for subject, variant in taking_part("search", development).items())
    assert {pair: count / 1_000 for pair, count in met.items()} == {
        pair: pytest.approx(7.5, abs=0.4) for pair in product(("on", "off"), repeat=2)
    }
    assert LATELY == summing.BEFORE


def test_who_is_held_out_does_not_get_what_won(
    two: list[Experiment], purchase: Metric, development: Environment, as_ada: Actor
) -> None:
    one = starts(two[0], as_ada)
    begun, group = one.started_at, one.group
    assert group is not None
    set_serve(one.flag, development, {"variant": "off"}, actor=as_ada)
    one = services.conclude_experiment(one, winner="on", actor=as_ada).thing

    got = dict(zip(SUBJECTS, served("checkout", development), strict=True))
    held_out = held_out_of(one)
    assert {got[subject][0] for subject in held_out} == {"off"}
    assert {got[subject][0] for subject in got.keys() - held_out} == {"on"}
    assert free(one, development) == {"development": 95.0}
    assert baseline_of(group, development, purchase, now=timezone.now()).since == begun
    with pytest.raises(Conflict, match="as long as flags go by it: checkout"):
        services.edit_group(group, {"holdout": 2}, actor=as_ada)
    again = services.create_experiment(
        one.project, CTA | {"key": "again", "group": "pages", "traffic": 10}, actor=as_ada
    ).thing
    with pytest.raises(Conflict, match='The rule "experiment-1" serves everybody before'):
        starts(again, as_ada)

    set_serve(one.flag, development, {"variant": "on"}, rule_id="experiment-1", actor=as_ada)

    assert services.edit_group(group, {"holdout": 2}, actor=as_ada).changed
