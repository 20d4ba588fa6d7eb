"""A server tells a sample of the contexts that it evaluated, by environment and kind of key, and each but once."""

import json

from evaluation.delivery.observing import Observing, Watched
from evaluation.wire.telemetry import read_batch

HERE, PAGE = Watched("e1", "server"), Watched("e1", "client")


def test_one_in_so_many_is_due_and_the_first_is() -> None:
    observing = Observing("test", every=3)

    assert [observing.is_due() for _ in range(7)] == [True, False, False, True, False, False, True]


def test_contexts_come_in_batches_of_their_own_once() -> None:
    observing = Observing("flagforge-relay")
    observing.offer(HERE, {"plan": "premium"})
    observing.offer(PAGE, {"plan": "free"})

    told = dict(observing.batches())

    assert told.keys() == {HERE, PAGE}
    judged = read_batch(told[HERE])
    assert judged.rejected == ()
    assert judged.document["sdk"] == {"name": "flagforge-relay"}
    assert "premium" not in told[HERE].decode(), "no value leaves as it is"
    assert dict(observing.batches()) == {}


def test_nobody_is_no_context() -> None:
    observing = Observing("test")
    observing.offer(HERE, {})

    assert dict(observing.batches()) == {}


def test_of_many_contexts_few_are_told() -> None:
    observing = Observing("test", {"*": "plain"})
    for number in range(1_000):
        observing.offer(HERE, {"n": number})

    [(_, body)] = observing.batches()

    assert len({context["n"] for context in json.loads(body)["contexts"]}) == 20
