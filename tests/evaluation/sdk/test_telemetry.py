"""What a client tells, and that the server takes it; bounded, exact, and never in the way."""

import json
import subprocess
import sys
import time
from base64 import b64decode
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.core.manifest import ruleset_from
from evaluation.sdk import serving
from evaluation.sdk.serving import Serving
from evaluation.sdk.telemetry import batches, reporting
from evaluation.sdk.telemetry.batches import Telemetry
from evaluation.sdk.telemetry.exposed import AGAIN_SECONDS
from evaluation.sdk.telemetry.ledger import Ledger
from evaluation.sdk.telemetry.sketch import GAMMA, Sketch
from evaluation.wire.telemetry import read_batch
from tests.evaluation.sdk.conftest import Connect, until
from tests.evaluation.sdk.edge import SECRET, Edge, a_flag
from tests.evaluation.sdk.proxy import Proxy
from tests.evaluation.wire.test_trust import manifest

ALICE = {"targetingKey": "alice"}
SPLIT = {"split": {"salt": "s", "ranges": [["on", 0, 50_000], ["off", 50_000, 100_000]]}}
TRIAL = a_flag(variants={"on": True, "off": False}, fallthrough=SPLIT)


class Told:
    """A serving and its telemetry, without a network."""

    def __init__(self, attributes: Any = None, **flags: Any) -> None:
        self.ledger = Ledger()
        named: dict[str, Any] = {"application": "shop", "instance": "web-3"}
        self.telemetry = Telemetry(self.ledger, "streaming", attributes=attributes, **named)
        self.use(1, **flags)

    def use(self, version: int, **flags: Any) -> None:
        self.serving = Serving(
            ruleset_from(manifest(version, **flags)), "fresh", self.telemetry.expose, self.telemetry.observe
        )
        self.ledger.open(self.serving)

    def batches(self) -> list[dict[str, Any]]:
        """What is to be sent, each taken by the server as a whole."""
        found = self.telemetry.batches(1)
        for batch in found:
            assert read_batch(batch).rejected == ()
        return [json.loads(batch) for batch in found]


def test_evaluations_are_summed_up_and_told_once() -> None:
    told = Told(checkout=a_flag(version=7))
    for _ in range(130):
        told.serving.answer("checkout", ALICE)
    told.serving.answer("unknown", ALICE)

    (batch,) = told.batches()

    assert batch["counts"] == [{"flag": "checkout", "variant": "on", "reason": "STATIC", "version": 7, "n": 130}]
    assert batch["unknown_flags"] == {"unknown": 1}
    assert batch["cache"] == {"fresh": 130, "miss": 1}
    assert batch["sdk"]["application"] == "shop"
    assert batch["manifest"] == 1
    told.telemetry.settled(json.dumps(batch, separators=(",", ":")).encode())
    assert told.batches() == []


def test_what_was_counted_on_rules_that_are_replaced_is_told_too() -> None:
    told = Told(checkout=a_flag())
    before = told.serving
    before.answer("checkout", ALICE)

    told.use(2, checkout=a_flag(version=2))
    told.serving.answer("checkout", ALICE)
    before.answer("checkout", ALICE)

    assert sorted((each["version"], each["n"]) for each in told.batches()[0]["counts"]) == [(1, 2), (2, 1)]


def test_a_batch_is_offered_unchanged_until_it_is_settled_and_meanwhile_no_count_is_lost() -> None:
    told = Told(checkout=a_flag())
    for _ in range(batches.MOST_UNSENT + 3):
        told.serving.answer("checkout", ALICE)
        offered = told.telemetry.batches(1)

    assert len(offered) == batches.MOST_UNSENT
    assert told.telemetry.batches(1) == offered
    for batch in offered:
        told.telemetry.settled(batch)
    (last,) = told.batches()
    assert [json.loads(batch)["counts"][0]["n"] for batch in offered] == [1] * batches.MOST_UNSENT
    assert last["counts"][0]["n"] == 3


def test_what_is_too_long_for_one_batch_goes_into_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST_BYTES", 2_000)
    told = Told(trial=TRIAL)
    for number in range(100):
        told.telemetry.track("purchase", f"user-{number}", 1.0)
    told.serving.answer("trial", ALICE)

    found = told.batches()

    assert all(len(json.dumps(batch)) < 2_200 for batch in found)
    assert len({batch["batch"] for batch in found}) == len(found) > 5
    assert [event["subject"] for batch in found for event in batch["events"]] == [f"user-{n}" for n in range(100)]
    assert sum(each["n"] for batch in found for each in batch.get("counts", [])) == 1


def test_more_unknown_flags_than_a_batch_may_hold_are_told_in_two() -> None:
    told = Told()
    for version in range(2):
        told.use(version)
        for number in range(800):
            told.serving.answer(f"unknown-{version}-{number}", ALICE)

    assert [len(batch["unknown_flags"]) for batch in told.batches()] == [1_000, 600]


def test_exposures_are_told_once_for_a_subject_and_a_variant() -> None:
    told = Told(trial=TRIAL, plain=a_flag())

    for name in ("alice", "bob", "alice", "alice"):
        told.serving.answer("trial", {"targetingKey": name})
        told.serving.answer("plain", {"targetingKey": name})

    exposures = told.batches()[0]["exposures"]
    assert {each["flag"] for each in exposures} == {"trial"}
    assert [each["subject"] for each in exposures] == ["alice", "bob"]


def test_an_exposure_names_the_rule_that_split_and_each_rule_is_told() -> None:
    split = TRIAL["fallthrough"]
    asked = {"attribute": "country", "op": "in", "values": ["IN"]}
    told = Told(trial=TRIAL | {"rules": [{"id": "india", "if": asked, "serve": split}]})

    for country in ("IN", "IN", "LV"):
        told.serving.answer("trial", {**ALICE, "country": country})

    exposures = told.batches()[0]["exposures"]
    assert [each.get("rule") for each in exposures] == ["india", None]
    assert len({each["variant"] for each in exposures}) == 1


def test_an_exposure_is_not_told_again_because_the_rules_are_new() -> None:
    told = Told(trial=TRIAL)
    told.serving.answer("trial", ALICE)
    told.use(2, trial=TRIAL)
    told.serving.answer("trial", ALICE)

    assert len(told.batches()[0]["exposures"]) == 1


def test_an_exposure_is_told_again_after_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told(trial=TRIAL)
    hours = count(0, AGAIN_SECONDS)
    monkeypatch.setattr(batches, "monotonic", lambda: next(hours))

    for version in range(3):
        told.use(version, trial=TRIAL)
        told.serving.answer("trial", ALICE)

    assert len(told.batches()[0]["exposures"]) == 3


def test_the_circuits_turns_are_told() -> None:
    told = Told()
    for state in ("closed", "open", "open", "half-open", "closed"):
        told.telemetry.see(state)

    assert [each["to"] for each in told.batches()[0]["breaker"]] == ["open", "half-open", "closed"]


def test_what_is_kept_is_bounded() -> None:
    told = Told(trial=TRIAL)
    for number in range(batches.MOST_WAITING + 100):
        told.telemetry.track("purchase", "alice", 1.0)
        assert told.telemetry.expose("trial", "on", f"user-{number}") == (number < batches.MOST_WAITING)
        told.serving.answer(f"unknown-{number}", ALICE)

    assert told.telemetry.is_full
    found = told.batches()
    assert [len(batch["exposures"]) for batch in found] == [5_000] * 4
    assert len(found[0]["events"]) == 5_000
    assert len(found[0]["unknown_flags"]) == 1_000
    assert not told.telemetry.is_full


def test_whoever_found_no_room_is_told_when_they_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST_WAITING", 1)
    told = Told(trial=TRIAL)
    for name in ("alice", "bob"):
        told.serving.answer("trial", {"targetingKey": name})
    (first,) = told.batches()
    told.serving.answer("trial", {"targetingKey": "bob"})

    assert [each["subject"] for each in first["exposures"]] == ["alice"]
    assert [each["subject"] for each in told.batches()[1]["exposures"]] == ["bob"]


def test_whom_a_serving_met_is_bounded() -> None:
    told = Told(trial=TRIAL)
    for number in range(serving.MOST_MET + 10):
        told.serving._meet(told.serving.answer("trial", ALICE), f"user-{number}")

    assert sum(map(len, told.serving.met.values())) <= serving.MOST_MET


def test_latencies_come_as_a_sketch() -> None:
    told = Told(checkout=a_flag())
    for _ in range(1_000):
        told.serving.answer("checkout", ALICE)

    sketch = json.loads(b64decode(told.batches()[0]["latency"]["sketch"]))

    assert sketch["gamma"] == GAMMA
    assert sum(sketch["buckets"].values()) == 1_000 // 64


@given(st.lists(st.integers(min_value=1, max_value=10**12), min_size=1, max_size=200), st.floats(0, 1))
def test_a_sketch_is_right_within_two_per_cent_and_sketches_add_up(values: list[int], share: float) -> None:
    whole, left, right = Sketch(), Sketch(), Sketch()
    for place, value in enumerate(values):
        whole.add(value)
        (left if place % 2 else right).add(value)
    left.merge(right)

    exact = sorted(values)[int(share * (len(values) - 1))]
    assert whole.quantile(share) == pytest.approx(exact, rel=0.0201)
    assert left.as_text() == whole.as_text()


def test_a_relay_takes_what_a_client_tells(
    edge: Edge, connect: Connect, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An item that it rejects keeps nothing back."""
    monkeypatch.setattr(reporting, "REPORT_SECONDS", 0.05)
    proxy = Proxy(edge.port, "passes")
    client = connect(base_url=proxy.url, mode="long_poll")
    client.wait_until_ready(10)

    client.boolean_value("checkout", False, ALICE)
    client.track("purchase", ALICE, value=12.5)
    client.track("purchase", ALICE, value=1e200)
    until(lambda: any(head.startswith("POST /api/v1/sdk/events") for head in proxy.requests))

    until(lambda: not client._telemetry._unsent)
    assert "dropped" not in caplog.text
    proxy.close()


def test_how_requests_ended_is_told_sooner_whether_they_failed_or_not(
    edge: Edge, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the clock alone: a share of failures that are told sooner than successes is greater than it is."""
    monkeypatch.setattr(reporting, "OUTCOME_SECONDS", 0.05)
    proxy = Proxy(edge.port, "passes")
    client = connect(base_url=proxy.url)
    client.wait_until_ready(10)

    client.boolean_value("checkout", False, ALICE)
    time.sleep(1.5)
    assert not any(head.startswith("POST /api/v1/sdk/events") for head in proxy.requests)
    with client.moment():
        client.boolean_value("checkout", False, ALICE)

    until(lambda: any(head.startswith("POST /api/v1/sdk/events") for head in proxy.requests))
    proxy.close()


def test_what_cannot_be_told_is_nobodys_trouble(connect: Connect) -> None:
    client = connect()

    for event, context, value in (("e", None, 1.0), ("e", 7, 1.0), ("e", ALICE, float("nan")), ("e", ALICE, "much")):
        client.track(event, context, value=value)  # type: ignore[arg-type]

    assert client._telemetry._items["events"] == []


PROGRAM = """
import sys
from evaluation.sdk.client import Client
client = Client(sys.argv[1], sys.argv[2])
assert client.wait_until_ready(20)
client.boolean_value("checkout", False, {"targetingKey": "alice"})
"""


def test_a_program_that_ends_tells_what_is_left(edge: Edge) -> None:
    proxy = Proxy(edge.port, "passes")

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, SECRET, proxy.url.replace("127.0.0.1", "localhost")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert any(head.startswith("POST /api/v1/sdk/events") for head in proxy.requests)
    proxy.close()


def test_a_server_that_is_away_keeps_no_program_from_ending(connect: Connect) -> None:
    client = connect(base_url="http://127.0.0.1:9")
    client.track("purchase", ALICE)

    begun = time.monotonic()
    client.close()

    assert time.monotonic() - begun < 10


def test_contexts_are_told_as_far_as_their_classes_let_them_out() -> None:
    told = Told({"country": "plain", "email": "never"}, checkout=a_flag())

    told.serving.answer("checkout", {"targetingKey": "alice", "country": "IN", "plan": "free", "email": "a@b.example"})

    (context,) = told.batches()[0]["contexts"]
    assert context["country"] == "IN"
    assert context["_meta"]["hashed"].keys() == {"plan"}
    assert context["_meta"]["named"] == {"targetingKey": "string", "email": "string"}


@pytest.mark.parametrize("flag", [a_flag(), TRIAL], ids=["settled", "split"])
def test_of_many_contexts_a_sample_is_told(flag: Any) -> None:
    told = Told({"number": "plain"}, checkout=flag)
    for number in range(20_000):
        told.serving.answer("checkout", {"targetingKey": f"u{number}", "number": number})

    numbers = [context["number"] for context in told.batches()[0]["contexts"]]

    assert len(numbers) == 20
    assert min(numbers) < 10_000 <= max(numbers), "early and late ones alike"
    assert told.batches()[-1:] != []


def test_a_context_is_told_once() -> None:
    told = Told(checkout=a_flag())
    told.serving.answer("checkout", ALICE)
    assert len(told.batches()[0]["contexts"]) == 1

    told.serving.answer("checkout", ALICE)

    assert "contexts" not in told.batches()[-1]


def test_a_context_that_breaks_is_not_told_and_breaks_nothing() -> None:
    told = Told(checkout=a_flag())

    context: Any = {"targetingKey": "u", 7: object(), "huge": 10**400, "half": "\ud800", "s": {1, 2}}

    answer = told.serving.answer("checkout", context)

    assert answer.value is True
    named = {"targetingKey": "string", "huge": "number", "half": "string"}
    assert told.batches()[0]["contexts"] == [{"_meta": {"named": named}}]


def test_a_class_that_would_hide_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="privacy class of email"):
        Telemetry(Ledger(), "streaming", attributes={"email": "private"})  # type: ignore[dict-item]  # a mistake
