"""The five types of value, and how a value of each is held."""

from collections.abc import Callable

from .doubles import finite_double
from .limits import MAX_INTEGER
from .values import quoted

_FIRST_EXPONENT = 1e21  # from here on RFC 8785 writes an exponent, so that no integer comes back


def typed(value_type: str, value: object) -> object:
    """The value as this type holds it; raises ValueError saying what is allowed.

    A double is a float even where JSON wrote it without a point; whole numbers inside json are integers even where it
    wrote one.
    """
    if value_type not in VALUE_TYPES:
        raise ValueError(f"{quoted(value_type)} is not a type; the types are {', '.join(VALUE_TYPES)}")
    return VALUE_TYPES[value_type](value)


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{quoted(value)} is not a boolean; the values of this flag are true or false")
    return value


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{quoted(value)} is not a string")
    return value


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise ValueError(
            f"{quoted(value)} is not an integer within ±9007199254740991 (2^53-1), written without a point"
        )
    return value


def _double(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{quoted(value)} is not a number")
    double = finite_double(value)
    if double is None:
        raise ValueError("a double must be finite")
    return double + 0.0  # RFC 8785 knows no negative zero


def _json(value: object) -> object:
    if not isinstance(value, dict | list):
        raise ValueError(f"{quoted(value)} is not a JSON object or array")
    return _whole_numbers(value)


def _whole_numbers(value: object) -> object:
    if isinstance(value, dict):
        return {name: _whole_numbers(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_whole_numbers(element) for element in value]
    if isinstance(value, float) and abs(value) < _FIRST_EXPONENT and value.is_integer():
        return int(value)
    return value


VALUE_TYPES: dict[str, Callable[[object], object]] = {
    "boolean": _boolean,
    "string": _string,
    "integer": _integer,
    "double": _double,
    "json": _json,
}
