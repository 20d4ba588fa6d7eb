"""Canonical bytes: RFC 8785, compared with another implementation and with the RFC's own examples."""

import json
import struct

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from evaluation.core.canonical import canonical, checksum
from evaluation.core.values import InvalidJson, loads

NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_canonical_agrees_with_another_implementation(document: object) -> None:
    assert canonical(document) == rfc8785.dumps(document)  # type: ignore[arg-type]  # it is JSON


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(1e16)
@example(1e21)
@example(1e-7)
@example(-0.0)
@example(5e-324)
@example(1.7976931348623157e308)
def test_every_double_is_written_as_ecmascript_does(number: float) -> None:
    assert canonical([number]) == rfc8785.dumps([number])


@given(JSON)
def test_canonical_bytes_come_back_as_themselves(document: object) -> None:
    content = canonical(document)

    assert canonical(loads(content)) == content
    assert canonical(json.loads(content)) == content


# Appendix B of RFC 8785: the bits of a double, and what is written for it.
APPENDIX_B = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"),
    ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]


@pytest.mark.parametrize(("bits", "written"), APPENDIX_B)
def test_numbers_of_appendix_b(bits: str, written: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))

    assert canonical(number) == written.encode()


def test_members_are_sorted_by_utf_16_units_as_in_the_rfc() -> None:
    document = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }

    in_order = list(json.loads(canonical(document)).values())

    assert in_order == [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ]


def test_the_document_of_the_rfc() -> None:
    document = json.loads(
        r"""{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
             "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}"""
    )

    assert (
        canonical(document)
        == (
            r'{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
            r'"string":"€$\u000f\nA' + r"'" + r'B\"\\\\\"/"}'
        ).encode()
    )


@pytest.mark.parametrize(
    "document",
    [
        float("nan"),
        [float("inf")],
        {"a": "\ud800"},
        {"\udc00": 1},
        2**53 + 1,
        -(2**53) - 1,
        10**400,
        {1: 2},
        {"a": {1, 2}},
        b"x",
    ],
)
def test_what_i_json_cannot_hold_is_refused(document: object) -> None:
    with pytest.raises(InvalidJson):
        canonical(document)


@pytest.mark.parametrize(
    ("number", "written"), [(2**53, b"9007199254740992"), (10**16, b"10000000000000000"), (10**300, b"1e+300")]
)
def test_a_large_double_may_come_back_as_an_integer(number: int, written: bytes) -> None:
    assert canonical(number) == written


def test_a_document_that_holds_itself_is_refused() -> None:
    document: list[object] = []
    document.append(document)

    with pytest.raises(InvalidJson):
        canonical(document)


def test_a_tuple_is_an_array() -> None:
    assert canonical(("on", 0, 1e-7)) == b'["on",0,1e-7]'


def test_checksum_is_sha_256() -> None:
    assert checksum(b"") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
