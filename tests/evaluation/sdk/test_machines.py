"""The small state machines of an SDK, walked through at random beside the plainest model of each."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from evaluation.sdk.hearing.circuit import Circuit
from evaluation.sdk.hearing.ladder import MOST_CUT, PROBE_SECONDS, WAYS, Ladder
from evaluation.sdk.lifetime import Lifetime

SECONDS = st.floats(min_value=0, max_value=100)


class CircuitWalk(RuleBasedStateMachine):
    """It opens after failures in a row and no sooner; open it lets nobody ask; half-open it lets one ask."""

    def __init__(self) -> None:
        super().__init__()
        self.circuit = Circuit(failures=5, open_seconds=30)
        self.now = 0.0
        self.in_a_row = 0
        self.opened_at: float | None = None

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(answers=st.booleans())
    def attempt(self, answers: bool) -> None:
        is_open = self.opened_at is not None and self.now < self.opened_at + 30
        assert self.circuit.allows(self.now) is not is_open
        if is_open:
            return
        if answers:
            self.circuit.succeeded()
            self.in_a_row, self.opened_at = 0, None
        else:
            self.circuit.failed(self.now)
            self.in_a_row += 1
            if self.in_a_row >= 5:
                self.opened_at = self.now

    @precondition(lambda self: self.opened_at is not None and self.now >= self.opened_at + 30)
    @rule()
    def two_try_at_once(self) -> None:
        assert [self.circuit.allows(self.now), self.circuit.allows(self.now)] == [True, False]
        self.circuit.failed(self.now)
        self.opened_at = self.now

    @invariant()
    def its_state_is_that_of_the_model(self) -> None:
        is_open = self.opened_at is not None and self.now < self.opened_at + 30
        expected = "open" if is_open else "closed" if self.opened_at is None else "half-open"
        assert self.circuit.state(self.now) == expected
        assert (self.circuit.wait_seconds(self.now) > 0) is (expected == "open")


class LifetimeWalk(RuleBasedStateMachine):
    """What came grows stale and expires with time alone, and is fresh again when it comes anew."""

    def __init__(self) -> None:
        super().__init__()
        self.lifetime = Lifetime(fresh_seconds=30, expires_seconds=90)
        self.age = 0.0
        self.is_failing = False

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        order = ("fresh", "stale", "expired")
        before = self.lifetime.state(self.age)
        self.age += seconds
        assert order.index(self.lifetime.state(self.age)) >= order.index(before)

    @rule()
    def it_comes_anew(self) -> None:
        self.age, self.is_failing = 0.0, False
        assert self.lifetime.state(self.age) == "fresh"

    @rule()
    def the_server_fails(self) -> None:
        self.is_failing = True

    @invariant()
    def it_is_used_unless_it_expired_beside_a_server_that_answers(self) -> None:
        used = self.lifetime.may_be_used(self.age, is_failing=self.is_failing)
        assert used is (self.age <= 90 or self.is_failing)
        assert (self.lifetime.state(self.age) == "fresh") is (self.age <= 30)


class LadderWalk(RuleBasedStateMachine):
    """It goes down one way at a time, never beyond the last, and tries the best again only where a lower one works."""

    def __init__(self) -> None:
        super().__init__()
        self.ladder = Ladder("streaming")
        self.now = 0.0
        self.rung = 0
        self.cut = 0
        self.worked_since_step = False
        self.probed_at: float | None = None

    def _step(self) -> None:
        self.cut = 0
        if self.rung < len(WAYS) - 1:
            self.rung, self.worked_since_step, self.probed_at = self.rung + 1, False, None

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def worked(self) -> None:
        self.ladder.worked(self.now)
        self.cut, self.worked_since_step = 0, True

    @rule()
    def was_cut(self) -> None:
        self.ladder.was_cut()
        self.cut += 1
        if self.cut >= MOST_CUT:
            self._step()

    @rule()
    def did_not_open(self) -> None:
        self.ladder.step_down()
        self._step()

    @precondition(lambda self: self.ladder.probe_is_due(self.now))
    @rule(is_through=st.booleans())
    def probe(self, is_through: bool) -> None:
        if is_through:
            self.ladder.climb()
            self.rung, self.cut, self.probed_at, self.worked_since_step = 0, 0, None, False
        else:
            self.ladder.probe_failed(self.now)
            self.probed_at = self.now

    @invariant()
    def it_is_where_the_model_is(self) -> None:
        assert self.ladder.way == WAYS[self.rung]
        due = self.rung > 0 and self.worked_since_step
        due = due and (self.probed_at is None or self.now >= self.probed_at + PROBE_SECONDS)
        assert self.ladder.probe_is_due(self.now) is due


QUICK = settings(max_examples=50, stateful_step_count=40, deadline=None)
TestCircuit, TestLifetime, TestLadder = CircuitWalk.TestCase, LifetimeWalk.TestCase, LadderWalk.TestCase
TestCircuit.settings = TestLifetime.settings = TestLadder.settings = QUICK
