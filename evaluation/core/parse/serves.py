"""What a rule or the fallthrough serves, as people write it."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from ..context import NOW
from ..limits import BUCKETS, MAX_NAME_LENGTH, MAX_RANGES
from ..values import inside, quoted
from .faults import Faults

_UNIT = Decimal("0.001")  # per cent; one bucket


def parse_serve(
    serve: object, path: str, faults: Faults, *, variants: Collection[str], may_go_on: bool
) -> dict[str, Any]:
    """`{"variant": …}` or `{"split": …}`; `may_go_on` says whether null may stand for the next rule."""
    written = faults.members_of(serve, path, ("variant", "split"))
    if isinstance(serve, dict) and len(written) != 1:
        faults.add(path, "write exactly one of variant, split")
    elif "variant" in written:
        return {"variant": faults.variant(written["variant"], f"{path}.variant", variants)}
    elif "split" in written:
        return {"split": _split(written["split"], f"{path}.split", faults, variants, may_go_on)}
    return {}


def _split(value: object, path: str, faults: Faults, variants: Collection[str], may_go_on: bool) -> dict[str, Any]:
    split = faults.members_of(value, path, ("by", "salt", "weights", "ranges"))
    if "by" in split:
        _check_by(split["by"], f"{path}.by", faults)
    if "salt" in split:
        _check_salt(split["salt"], f"{path}.salt", faults)
    if "weights" in split and "ranges" in split:
        faults.add(path, "write weights or ranges, never both")
    elif "weights" in split:
        _check_weights(split["weights"], f"{path}.weights", faults, variants, may_go_on)
    elif "ranges" in split:
        _check_ranges(split["ranges"], f"{path}.ranges", faults, variants, may_go_on)
    elif isinstance(value, dict):
        faults.add(path, "a split needs weights or ranges")
    return split


def _check_by(value: object, path: str, faults: Faults) -> None:
    if value == NOW:
        faults.add(path, "now is the clock; nobody can be told apart by it")
    elif not isinstance(value, str) or not 0 < len(value) <= MAX_NAME_LENGTH:
        faults.add(
            path, f"{quoted(value)} is not the name of an attribute: a text of 1 to {MAX_NAME_LENGTH} characters"
        )


def _check_salt(value: object, path: str, faults: Faults) -> None:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME_LENGTH:
        faults.add(path, f"{quoted(value)} is not a salt: a text of 1 to {MAX_NAME_LENGTH} characters")


def _check_weights(value: object, path: str, faults: Faults, variants: Collection[str], may_go_on: bool) -> None:
    if not isinstance(value, dict):
        faults.add(path, f"{quoted(value)} is not an object of variants with their per cent")
        return
    total: Decimal | None = Decimal(0)
    for name, weight in value.items():
        if name != "null":
            faults.variant(name, inside(path, name), variants)
        elif not may_go_on:
            faults.add(inside(path, name), "a fallthrough has no next rule that null could go on to")
        units = _weight(weight, inside(path, name), faults)
        total = None if total is None or units is None else total + units
    if total is not None and total != 100:
        faults.add(path, f"the weights add up to {total.normalize():f} %, not to 100 %")


def _weight(value: object, path: str, faults: Faults) -> Decimal | None:
    """The weight as exactly the decimal that was written."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        faults.add(path, f"{quoted(value)} is not a weight: a number of per cent from 0 to 100")
        return None
    weight = Decimal(repr(value))
    if weight % _UNIT:
        faults.add(path, f"{quoted(value)} has more than 3 decimals")
        return None
    return weight


def _check_ranges(value: object, path: str, faults: Faults, variants: Collection[str], may_go_on: bool) -> None:
    ranges = faults.elements_of(value, path, MAX_RANGES, "ranges")
    end = 0
    for index, each in enumerate(ranges):
        here = inside(path, index)
        if not _is_range(each, here, faults, end):
            return
        variant, _, end = each
        if variant is not None:
            faults.variant(variant, inside(here, 0), variants)
        elif not may_go_on:
            faults.add(inside(here, 0), "a fallthrough has no next rule that null could go on to")
    if end != BUCKETS:
        faults.add(path, f"the ranges end at {end:,}; they must cover 0 to {BUCKETS:,}")


def _is_range(value: object, path: str, faults: Faults, start: int) -> bool:
    """Whether it is a range that begins where the last one ended."""
    if not isinstance(value, list) or len(value) != 3 or any(type(bound) is not int for bound in value[1:]):
        faults.add(path, f"{quoted(value)} is not a range: write [variant or null, first bucket, one past the last]")
    elif value[1] != start:
        faults.add(path, f"the range begins at {value[1]:,}; without gap or overlap it begins at {start:,}")
    elif not value[1] < value[2] <= BUCKETS:
        faults.add(path, f"the range ends at {value[2]:,}; it must end after {value[1]:,} and at most at {BUCKETS:,}")
    else:
        return True
    return False
