"""The variants of a flag, each with a value of the flag's type."""

from collections.abc import Iterator
from typing import Any

from ..limits import MAX_INTEGER, MAX_VARIANTS
from ..values import inside, quoted
from ..variants import VALUE_TYPES, typed
from .faults import Faults, known, refuse_unstorable, suggestion

_BOOLEAN = {"on": True, "off": False}


def parse_variants(value_type: str, variants: object) -> dict[str, Any]:
    """The variants with their values as they are stored; raises InvalidDefinition.

    None stands for a boolean flag's `on` and `off`. A double is a float; whole numbers inside json are integers.
    """
    refuse_unstorable({"variants": variants})
    faults = Faults()
    if value_type not in VALUE_TYPES:
        hint = suggestion(value_type, VALUE_TYPES) or known(VALUE_TYPES)
        faults.add("type", f"there is no type {quoted(value_type)}{hint}")
    elif variants is None and value_type == "boolean":
        return dict(_BOOLEAN)
    elif not isinstance(variants, dict) or not 1 <= len(variants) <= MAX_VARIANTS:
        faults.add("variants", f"variants are an object of 1 to {MAX_VARIANTS} names with their values")
    else:
        return _values(value_type, variants, faults)
    faults.settle()
    return {}


def _values(value_type: str, variants: dict[str, Any], faults: Faults) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in variants.items():
        path = inside("variants", name)
        faults.key(name, path, "name of a variant")
        if name == "null":
            faults.add(path, "null stands for the next rule; a variant cannot have this name")
        try:
            found[name] = typed(value_type, value)
        except ValueError as error:
            faults.add(path, str(error))
        if value_type == "json":
            for where in _too_large(value, path):
                faults.add(where, "a number inside json must be within ±9007199254740991 (2^53-1)")
    faults.settle()
    return found


def _too_large(value: object, path: str) -> Iterator[str]:
    """Where a number would come back from the database as an integer that nobody holds exactly."""
    if isinstance(value, dict | list):
        for member, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _too_large(child, inside(path, member))
    elif isinstance(value, float) and abs(value) > MAX_INTEGER:
        yield path
