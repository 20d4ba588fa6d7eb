"""JSON at the doors, and what can be stored."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.core.values import Fault, InvalidDefinition, InvalidJson, loads, quoted, stored_json_faults

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_loads_reads_what_json_writes(value: object) -> None:
    assert loads(json.dumps(value)) == value
    assert loads(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"a": 1, "a": 2}', 'the member "a" is given twice'),
        (b'[{"b": {"a": 1, "\\u0061": 1}}]', 'the member "a" is given twice'),
        (b'{"a": "\xff"}', "invalid byte at position 7"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        (b"\xef\xbb\xbf{}", "BOM"),
        (b"\xff\xfe{\x00}\x00", "not UTF-8"),
        (b"NaN", "NaN is not a JSON number"),
        (b"[-Infinity]", "-Infinity is not a JSON number"),
        (b"1e999", "the number 1e999 does not fit into a double"),
        (b"-1" + b"0" * 400, "does not fit into a double"),
        (b"1" + b"0" * 5_000, "does not fit into a double"),
        (b"{} x", "Extra data at line 1, column 4"),
        (b"", "Expecting value at line 1, column 1"),
        (b"01", "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b'"a\nb"', "not JSON"),
        (b"[1,]", "not JSON"),
        (b"[" * 65 + b"]" * 65, "nested deeper than 64 levels"),
        (b"[" * 100_000, "nested deeper than 64 levels"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "nested deeper than 64 levels"),
    ],
)
def test_loads_refuses_what_two_readers_could_take_differently(data: bytes, message: str) -> None:
    with pytest.raises(InvalidJson) as refusal:
        loads(data)

    assert message in str(refusal.value)


def test_loads_takes_64_levels() -> None:
    assert json.dumps(loads(b"[" * 64 + b"]" * 64)) == "[" * 64 + "]" * 64


def test_many_brackets_side_by_side_are_not_deep() -> None:
    assert loads("[" + ",".join(["[]"] * 500) + "]") == [[]] * 500


def test_brackets_in_a_text_are_not_deep() -> None:
    assert loads('"' + "[" * 500 + '"') == "[" * 500


def test_loads_takes_a_lone_surrogate_which_a_context_may_hold() -> None:
    assert loads(b'"\\ud800"') == "\ud800"


def test_loads_takes_a_large_integer_that_a_double_can_hold() -> None:
    assert loads(b"1" + b"0" * 300) == 10**300


@pytest.mark.parametrize(
    ("value", "path", "message"),
    [
        ({"a": ["x\0"]}, "a[0]", "NUL"),
        ({"a\0": 1}, '["a\\u0000"]', "the member's name holds a NUL"),
        ({"a": {"b": "\ud800"}}, "a.b", "lone surrogate"),
        ({"\udfff": 1}, '["\\udfff"]', "lone surrogate"),
        ([2**53], "[0]", "2^53-1"),
        ([-(2**53)], "[0]", "2^53-1"),
        ({"a": float("nan")}, "a", "NaN"),
        ({"a": float("-inf")}, "a", "infinities"),
        ({"a": {1, 2}}, "a", "set is not a JSON value"),
    ],
)
def test_what_cannot_be_stored_is_told_with_its_path(value: object, path: str, message: str) -> None:
    (fault,) = stored_json_faults(value)

    assert fault.path == path
    assert message in fault.message


@pytest.mark.parametrize("value", [None, True, 2**53 - 1, -(2**53) + 1, 1e300, "é🎉", {"a": [{}]}])
def test_i_json_can_be_stored(value: object) -> None:
    assert stored_json_faults(value) == []


def test_faults_begin_at_the_path_given() -> None:
    assert [fault.path for fault in stored_json_faults({"a": ["\0"]}, "metadata")] == ["metadata.a[0]"]


def test_at_most_fifty_faults_are_told() -> None:
    assert len(stored_json_faults(["\0"] * 1_000)) == 50


def test_a_value_that_is_nested_too_deep_cannot_be_stored() -> None:
    deep: object = []
    for _ in range(2_000):
        deep = [deep]

    (fault,) = stored_json_faults(deep)

    assert fault.message == "nested deeper than 64 levels"


def test_an_invalid_definition_tells_all_its_faults() -> None:
    refusal = InvalidDefinition((Fault("off", "is wrong"), Fault("", "is no object")))

    assert str(refusal) == "off: is wrong; is no object"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain é", '"plain é"'),
        ("a\ud800", '"a\\ud800"'),
        ("a\nb", '"a\\nb"'),
        (True, "true"),
        (None, "null"),
        (1.5, "1.5"),
        ({"a": 1}, "an object"),
        ([1], "a list"),
    ],
)
def test_a_message_shows_a_value_as_json(value: object, shown: str) -> None:
    assert quoted(value) == shown


def test_a_message_can_show_an_integer_that_python_will_not_write() -> None:
    assert quoted(10**6000) == "a huge number"


def test_a_message_never_swallows_a_book() -> None:
    assert len(quoted("x" * 100_000)) < 70
