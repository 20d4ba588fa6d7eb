"""Going on with a trace that was begun elsewhere."""

import sys

import pytest

from evaluation.wire import spans
from tests.recording import CALLER, IGNORED, SAMPLED, Recorded, parent_of, traceparent_of


@pytest.fixture
def recorded() -> Recorded:
    return Recorded()


@pytest.mark.parametrize(
    "said",
    [
        *("", None, 7, "nonsense", SAMPLED.upper(), f"{SAMPLED} ", f"01{SAMPLED[2:]}", f'{SAMPLED}","x":"'),
        *(f"00-{'0' * 32}-{CALLER}-01", f"00-{'1' * 32}-{'0' * 16}-01"),
    ],
)
def test_what_is_no_traceparent_is_none(said: object, recorded: Recorded) -> None:
    assert spans.told("e", {"traceparent": said, "to": 2}) == ("", {})


def test_a_span_goes_on_below_the_one_that_is_named(recorded: Recorded) -> None:
    with spans.continued("flagforge.apply", *spans.told("e", {"traceparent": SAMPLED, "to": 2})) as here:
        assert spans.named_here() == {"trace_id": here[3:35], "span_id": here[36:52]}

    span = recorded.one("flagforge.apply")
    assert (parent_of(span), here) == (CALLER, traceparent_of(span))
    assert dict(span.attributes or {}) == {"flagforge.environment": "e", "flagforge.version": 2}
    assert spans.named_here() == {}


def test_what_the_caller_does_not_record_is_not_recorded_here_and_told_to_nobody(recorded: Recorded) -> None:
    with spans.continued("flagforge.apply", IGNORED, {}) as here:
        assert here == ""

    assert recorded.all() == []


def test_of_what_breaks_the_class_is_told_and_no_word_of_the_message(recorded: Recorded) -> None:
    with pytest.raises(ValueError, match="secret"), spans.continued("flagforge.apply", SAMPLED, {}):
        raise ValueError("a secret")

    span = recorded.one("flagforge.apply")
    assert dict(span.attributes or {}) == {"error.type": "ValueError"}
    assert (span.status.is_ok, span.status.description, span.events) == (False, None, ())


def test_without_opentelemetry_a_traceparent_is_handed_on_as_it_came(
    monkeypatch: pytest.MonkeyPatch, recorded: Recorded
) -> None:
    monkeypatch.delitem(sys.modules, spans.API)

    with spans.continued("flagforge.apply", SAMPLED, {}) as here:
        assert here == SAMPLED

    assert (spans.begun("flagforge.fan_out", SAMPLED, {}), spans.named_here()) == (None, {})
    assert recorded.all() == []
