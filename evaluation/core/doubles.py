"""Numbers as every JSON reader holds them: IEEE doubles, and integers only as far as those are exact."""

from math import isfinite

from .limits import MAX_INTEGER


def finite_double(value: object) -> float | None:
    """The number as a double; None for what is no number (a boolean is none) or does not fit."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        double = float(value)
    except OverflowError:
        return None
    return double if isfinite(double) else None


def whole_number(value: object) -> int | None:
    """The value as an integer within ±(2^53-1), 5.0 included; None for everything else, booleans too."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # NaN fails the comparison, infinities are out of bounds.
    if not -MAX_INTEGER <= value <= MAX_INTEGER or value != int(value):
        return None
    return int(value)
