"""The one way to write a document as bytes: the JSON Canonicalization Scheme, RFC 8785."""

import hashlib
import json
from decimal import Decimal
from json.encoder import encode_basestring
from math import isfinite

from .limits import MAX_INTEGER
from .values import InvalidJson

_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":")).encode


class _OddNumber(Exception):
    """A float that Python's C encoder would write differently from ECMAScript."""


def canonical(document: object) -> bytes:
    """The document's RFC 8785 bytes; raises InvalidJson for what I-JSON cannot hold.

    An integer beyond ±(2^53-1) is taken only where it is the shortest spelling of a double, because that is how
    a large double comes back from its own canonical bytes (and from PostgreSQL's jsonb).
    """
    try:
        try:
            return _encode(_plain(document)).encode()
        except _OddNumber:
            return _written(document).encode()
    except UnicodeEncodeError:
        raise InvalidJson("a text holds a lone surrogate, which is no character") from None
    except RecursionError:
        raise InvalidJson("the document is nested too deep to be written") from None


def as_it_lies(document: object) -> bytes:
    """The document with its members in the order in which they lie: RFC 8785 bytes again where it was read from such bytes.

    Three times as quick, for whoever knows the checksum that must come out; b"" for what cannot be written.
    """
    try:
        return _encode(document).encode()
    except (TypeError, ValueError, RecursionError):
        return b""


def checksum(content: bytes) -> str:
    """`sha256:` and the hexadecimal digest of these exact bytes."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _plain(value: object) -> object:
    """The same document, such that the C encoder writes it canonically: members sorted, whole floats as integers."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is dict:
        return {name: _plain(value[name]) for name in _sorted_names(value)}  # type: ignore[index]  # kind is dict
    if kind is int or kind is float:
        return _plain_number(value)  # type: ignore[arg-type]  # kind is int or float
    if isinstance(value, list | tuple):
        return [_plain(element) for element in value]
    if isinstance(value, str):
        return str.__str__(value)
    raise InvalidJson(f"{kind.__name__} is not a JSON value")


def _sorted_names(members: object) -> list[str]:
    assert isinstance(members, dict)  # noqa: S101 - for the type checker
    if any(type(name) is not str for name in members):
        raise InvalidJson("the name of a member must be a string")
    if "".join(members).isascii():
        return sorted(members)
    return sorted(members, key=lambda name: name.encode("utf-16-be"))


def _plain_number(number: int | float) -> int | float:
    if isinstance(number, int):
        if -MAX_INTEGER <= number <= MAX_INTEGER:
            return number
        return _plain_number(_large_double(number))
    if not isfinite(number):
        raise InvalidJson("NaN and infinities are not JSON numbers")
    if number.is_integer() and abs(number) < 1e16:
        return int(number)
    if 1e-4 <= abs(number) < 1e16:
        return number
    raise _OddNumber


def _large_double(number: int) -> float:
    try:
        double = float(number)
    except OverflowError:
        double = 0.0
    if Decimal(repr(double)) != number:
        raise InvalidJson(f"an integer must be within ±{MAX_INTEGER} (2^53-1)")
    return double


def _written(value: object) -> str:
    """The slow road, for documents with very small or very large doubles."""
    if isinstance(value, dict):
        members = (f"{encode_basestring(name)}:{_written(value[name])}" for name in _sorted_names(value))
        return "{" + ",".join(members) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_written, value)) + "]"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value)
    return _encode(_plain(value))


def _number(number: int | float) -> str:
    """The number as ECMAScript's Number::toString writes it."""
    try:
        plain = _plain_number(number)
    except _OddNumber:
        return _odd_number(float(number))
    return repr(plain)


def _odd_number(number: float) -> str:
    sign = "-" if number < 0 else ""
    mantissa, _, exponent = repr(abs(number)).partition("e")
    digits, point = mantissa.replace(".", ""), int(exponent) + 1
    if 0 < point <= 21:
        return sign + digits.ljust(point, "0")
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    fraction = "." + digits[1:] if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{point - 1:+d}"
