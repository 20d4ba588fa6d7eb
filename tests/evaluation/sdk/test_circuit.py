"""A circuit opens after failures in a row, tries once, and closes or opens again."""

import pytest

from evaluation.sdk.hearing.circuit import Circuit


@pytest.fixture
def circuit() -> Circuit:
    return Circuit(failures=3, open_seconds=10)


def opened(circuit: Circuit, at: float = 0) -> Circuit:
    for _ in range(3):
        circuit.failed(at)
    return circuit


def test_it_opens_after_failures_in_a_row(circuit: Circuit) -> None:
    for _ in range(2):
        circuit.failed(0)
    assert (circuit.state(0), circuit.allows(0)) == ("closed", True)

    circuit.failed(0)

    assert (circuit.state(0), circuit.allows(0), circuit.wait_seconds(4)) == ("open", False, 6)


def test_failures_with_a_success_between_them_are_not_in_a_row(circuit: Circuit) -> None:
    for _ in range(5):
        circuit.failed(0)
        circuit.failed(0)
        circuit.succeeded()

    assert circuit.state(0) == "closed"


def test_after_a_while_one_may_try(circuit: Circuit) -> None:
    opened(circuit)

    assert circuit.state(10) == "half-open"
    assert [circuit.allows(10) for _ in range(3)] == [True, False, False]


def test_an_attempt_that_succeeds_closes_it(circuit: Circuit) -> None:
    opened(circuit).allows(10)

    circuit.succeeded()

    assert (circuit.state(10), circuit.allows(10), circuit.wait_seconds(10)) == ("closed", True, 0)
    circuit.failed(11)
    assert circuit.state(11) == "closed"


def test_one_that_fails_opens_it_for_as_long_again(circuit: Circuit) -> None:
    opened(circuit).allows(10)

    circuit.failed(12)

    assert (circuit.state(12), circuit.wait_seconds(12)) == ("open", 10)
    assert [circuit.allows(22) for _ in range(2)] == [True, False]


def test_one_that_is_never_heard_of_again_does_not_hold_it_open(circuit: Circuit) -> None:
    opened(circuit).allows(10)

    assert [circuit.allows(now) for now in (19, 20, 21)] == [False, True, False]
