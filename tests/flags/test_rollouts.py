"""Weights become bucket ranges: the fewest people move, and a split that takes a part of the traffic has a salt of its own."""

from collections.abc import Callable
from typing import Any

import pytest

from flags import documents, selectors, services
from flags.allocation import MOST_RANGES
from flags.models import Flag, FlagConfig
from tenants.actors import Actor
from tenants.models import Environment
from tenants.problems import Invalid


@pytest.fixture
def rollout(checkout: Flag, development: Environment, system: Actor) -> Callable[..., services.Saved[FlagConfig]]:
    """Sets weights in development."""

    def set_weights(weights: dict[str, float], **how: Any) -> services.Saved[FlagConfig]:
        return services.set_rollout(checkout, development, weights, actor=system, **how)

    return set_weights


Rollout = Callable[..., services.Saved[FlagConfig]]


def ranges_of(saved: services.Saved[FlagConfig]) -> list[list[Any]]:
    return ranges_in(saved.thing.fallthrough)


def ranges_in(serve: Any) -> list[list[Any]]:
    found: list[list[Any]] = serve["split"]["ranges"]
    return found


def a_rule(**serve: Any) -> dict[str, Any]:
    return {"id": "r1", "serve": serve}


def test_ten_to_twenty_per_cent_keeps_the_first_ten(rollout: Rollout) -> None:
    first = ranges_of(rollout({"on": 10, "off": 90}))
    more = ranges_of(rollout({"on": 20, "off": 80}))
    back = ranges_of(rollout({"on": 10, "off": 90}))

    assert first == [["on", 0, 10000], ["off", 10000, 100000]]
    assert more == [["on", 0, 20000], ["off", 20000, 100000]]
    assert back == first


def test_same_weights_in_another_order_change_nothing(rollout: Rollout) -> None:
    rollout({"on": 10, "off": 90})

    again = rollout({"off": 90, "on": 10})

    assert not again.changed


def test_rule_and_fallthrough_have_rollouts_of_their_own(
    rollout: Rollout, checkout: Flag, configured: Callable[..., FlagConfig]
) -> None:
    configured(checkout, rules=[a_rule(split={"by": "company", "weights": {"on": 50, "off": 50}})])

    saved = rollout({"on": 60, "off": 40}, rule_id="r1")

    assert saved.thing.rules[0]["serve"]["split"] == {
        "by": "company",
        "weights": {"on": 60, "off": 40},
        "ranges": [["on", 0, 60000], ["off", 60000, 100000]],
    }
    assert saved.thing.fallthrough == {"variant": "on"}


def test_rollout_of_an_unknown_rule_is_refused(rollout: Rollout) -> None:
    with pytest.raises(Invalid, match='rule_id: there is no rule "r9"'):
        rollout({"on": 100}, rule_id="r9")


@pytest.mark.parametrize(
    ("weights", "path", "message"),
    [
        ({"on": 50, "off": 49}, "fallthrough.split.weights", "add up to 99 %"),
        ({"on": 33.3333, "off": 66.6667}, "fallthrough.split.weights.on", "more than 3 decimals"),
        ({"blue": 100}, "fallthrough.split.weights.blue", 'no variant "blue"'),
        ({"on": -1, "off": 101}, "fallthrough.split.weights.on", "from 0 to 100"),
        ({"on": True, "off": 99}, "fallthrough.split.weights.on", "not a weight"),
        ({}, "fallthrough.split.weights", "add up to 0 %"),
    ],
)
def test_refusal_has_a_path(rollout: Rollout, weights: dict[str, float], path: str, message: str) -> None:
    with pytest.raises(Invalid) as refused:
        rollout(weights)

    assert refused.value.faults[0].path == path
    assert message in refused.value.faults[0].message


def test_weights_and_ranges_together_are_refused(checkout: Flag, configured: Callable[..., FlagConfig]) -> None:
    both = {"weights": {"on": 100}, "ranges": [["on", 0, 100000]]}

    with pytest.raises(Invalid, match=r"fallthrough\.split: write weights or ranges, never both"):
        configured(checkout, fallthrough={"split": both})


def test_explicit_ranges_are_kept_as_written(checkout: Flag, configured: Callable[..., FlagConfig]) -> None:
    split = {"salt": "shared", "ranges": [["off", 0, 7], ["on", 7, 100000]]}

    config = configured(checkout, fallthrough={"split": split})

    assert documents.config_body(config)["fallthrough"] == {"split": split}


def test_rules_keep_their_people_when_they_change_places(checkout: Flag, configured: Callable[..., FlagConfig]) -> None:
    one = {"id": "one", "serve": {"split": {"weights": {"on": 10, "off": 90}}}}
    two = {"id": "two", "serve": {"split": {"ranges": [["off", 0, 50000], ["on", 50000, 100000]]}}}
    configured(checkout, rules=[one, two])

    config = configured(checkout, rules=[two | {"serve": {"split": {"weights": {"on": 60, "off": 40}}}}, one])

    # The on people of rule two were in the upper half and stay there.
    assert config.rules[0]["serve"]["split"]["ranges"] == [["off", 0, 40000], ["on", 40000, 100000]]
    assert config.rules[1]["serve"]["split"]["ranges"] == [["on", 0, 10000], ["off", 10000, 100000]]


def test_split_made_with_null_gets_a_salt_and_keeps_it(checkout: Flag, configured: Callable[..., FlagConfig]) -> None:
    made = configured(checkout, rules=[a_rule(split={"weights": {"on": 20, "null": 80}})])
    salt = made.rules[0]["serve"]["split"]["salt"]

    wider = configured(checkout, rules=[a_rule(split={"weights": {"on": 30, "null": 70}})])
    full = configured(checkout, rules=[a_rule(split={"weights": {"on": 30, "off": 70}})])

    assert salt != checkout.salt
    assert wider.rules[0]["serve"]["split"]["salt"] == salt
    assert full.rules[0]["serve"]["split"]["salt"] == salt


def test_explicit_null_range_gets_a_salt_too(checkout: Flag, configured: Callable[..., FlagConfig]) -> None:
    config = configured(checkout, rules=[a_rule(split={"ranges": [["on", 0, 20000], [None, 20000, 100000]]})])

    assert config.rules[0]["serve"]["split"]["salt"]


def test_two_experiments_on_a_fifth_have_different_salts(checkout: Flag, configured: Callable[..., FlagConfig]) -> None:
    fifth = {"split": {"weights": {"on": 20, "null": 80}}}

    config = configured(checkout, rules=[{"serve": fifth}, {"serve": fifth}])

    first, second = (rule["serve"]["split"]["salt"] for rule in config.rules)
    assert first != second


def test_adding_null_to_a_running_split_keeps_the_flags_salt_and_warns(
    checkout: Flag, development: Environment, system: Actor
) -> None:
    services.set_rules(checkout, development, [a_rule(split={"weights": {"on": 50, "off": 50}})], actor=system)

    saved = services.set_rollout(checkout, development, {"on": 50, "null": 50}, rule_id="r1", actor=system)

    assert "salt" not in saved.thing.rules[0]["serve"]["split"]
    assert saved.warnings[0].startswith("rules[0].serve: this split now passes people on but keeps the flag's salt")


def test_given_salt_is_taken(checkout: Flag, configured: Callable[..., FlagConfig]) -> None:
    config = configured(checkout, rules=[a_rule(split={"salt": "mine", "weights": {"on": 20, "null": 80}})])

    assert config.rules[0]["serve"]["split"]["salt"] == "mine"


def test_full_split_needs_no_salt(rollout: Rollout) -> None:
    saved = rollout({"on": 50, "off": 50})

    assert saved.thing.fallthrough == {"split": {"weights": {"on": 50, "off": 50}, "ranges": ranges_of(saved)}}


def test_scattered_layout_offers_a_repack_and_a_repack_lays_it_out_anew(
    checkout: Flag, development: Environment, system: Actor
) -> None:
    step = 100_000 // (MOST_RANGES + 20)
    cuts = [*range(0, 100_000 - step, step), 100_000]
    scattered = [["on" if n % 2 else "off", cuts[n], cuts[n + 1]] for n in range(len(cuts) - 1)]
    body = {"enabled": True, "fallthrough": {"split": {"ranges": scattered}}}
    services.put_config(checkout, development, body, actor=system)

    offered = services.set_rollout(checkout, development, {"on": 50, "off": 50}, actor=system)
    repacked = services.set_rollout(checkout, development, {"on": 50, "off": 50}, repack=True, actor=system)

    assert "laying them out anew would move 50" in offered.warnings[0]
    assert repacked.warnings == ()
    assert ranges_of(repacked) == [["on", 0, 50000], ["off", 50000, 100000]]


def test_evaluator_gets_ranges_and_the_effective_salt_without_weights(
    checkout: Flag, rollout: Rollout, development: Environment
) -> None:
    rollout({"on": 10, "off": 90})

    entry = documents.manifest_flag(checkout, selectors.state_of(checkout, development))

    assert entry["fallthrough"] == {
        "split": {
            "by": "targetingKey",
            "salt": checkout.salt,
            "ranges": [["on", 0, 10000], ["off", 10000, 100000]],
        }
    }
