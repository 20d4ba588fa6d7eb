"""What a stream of values is told, against evaluating everything: the same, whatever changed."""

import json
from typing import Any

import pytest

from evaluation.core.canonical import canonical, checksum
from evaluation.core.context import context_from
from evaluation.core.manifest import read_manifest
from evaluation.delivery.feeds import ValuesFeed
from evaluation.delivery.held import Held
from evaluation.delivery.replay import Replay
from evaluation.wire.frames import Message
from tests.evaluation.core.test_dependents import mixed
from tests.evaluation.core.worlds import Document, World
from tests.evaluation.delivery.conftest import MakeHeld, known, unproven


def held_of(document: Document, before: Held | None = None) -> Held:
    content = canonical(document)
    ruleset = read_manifest(content, before=before.ruleset if before else None)
    return Held("e", document["version"], checksum(content), content, ruleset)


def told(message: Message | None) -> dict[str, Any]:
    assert message is not None
    found: dict[str, Any] = json.loads(message.data)
    return found


def applied(flags: dict[str, Any], delta: dict[str, Any]) -> dict[str, Any]:
    rest = {key: each for key, each in flags.items() if key not in delta["removed"]}
    return {**rest, **delta["flags"]}


@pytest.mark.parametrize("seed", range(30))
def test_the_changes_lead_to_what_everything_says(seed: int) -> None:
    world = World(seed)
    for _ in range(10):
        replay, before, document = Replay(unproven), None, world.manifest()
        client, context = world.chance(0.5), context_from(world.context() if world.chance(0.9) else {})
        feed = ValuesFeed("e", context, client=client)
        flags: dict[str, Any] = {}
        for version in range(1, 5):
            document = {**mixed(world, document), "version": version} if version > 1 else document
            before = held_of(document, before)
            replay.add(before)

            message = told(feed.next(before, replay))

            flags = applied(flags, message) if "from" in message else message["flags"]
            whole = told(ValuesFeed("e", context, client=client).next(before, replay))
            assert flags == whole["flags"]


def test_only_what_may_have_changed_is_evaluated_again(held: MakeHeld) -> None:
    asks = {"prerequisites": {"flag": "checkout", "variants": ["on"]}}
    one = held(1, checkout={}, asks=asks, banner={})
    two = held(2, checkout={"enabled": False}, asks=asks, banner={})

    assert known(one, two).affected(one, two) == ("asks", "checkout")


def test_clients_that_see_the_same_change_share_one_message(held: MakeHeld) -> None:
    one, two = held(1, checkout={}), held(2, checkout={"enabled": False})
    replay = known(one, two)
    feeds = [ValuesFeed("e", context_from({"targetingKey": key}), client=True) for key in "ab"]
    for feed in feeds:
        feed.next(one, replay)

    assert feeds[0].next(two, replay) is feeds[1].next(two, replay)


def test_clients_that_say_nothing_of_themselves_share_the_whole(held: MakeHeld) -> None:
    one = held(1, checkout={})
    replay = known(one)
    first, second, server = (ValuesFeed("e", context_from({}), client=client) for client in (True, True, False))

    assert first.next(one, replay) is second.next(one, replay)
    assert first.next(one, replay) is not server.next(one, replay)


def test_a_client_whose_version_is_forgotten_is_owed_the_whole(held: MakeHeld) -> None:
    feed = ValuesFeed("e", context_from({"targetingKey": "a"}), client=True)
    feed.next(held(1, checkout={}), known(held(1, checkout={})))

    message = feed.next(held(99, checkout={}), known(held(98), held(99)))

    assert message is not None
    assert message.kind == "put"


def test_what_time_changed_is_told_with_the_next_version(held: MakeHeld) -> None:
    late = {"attribute": "now", "op": "after", "values": ["2020-01-01T00:00:00Z"]}
    sale = {"rules": [{"id": "r", "if": late, "serve": {"variant": "on"}}]}
    one, two = held(1, sale=sale), held(2, sale=sale, banner={})
    feed = ValuesFeed("e", context_from({}), client=True)
    feed.next(one, known(one))
    feed._told = {"sale": b"what it was a minute ago"}

    assert list(told(feed.next(two, known(one, two)))["flags"]) == ["banner", "sale"]
