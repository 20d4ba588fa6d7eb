"""Lists of targeting keys: individual targets, and who is in or out of a segment."""

from collections.abc import Collection
from typing import Any

from ..bucketing import bucketing_key
from ..limits import MAX_TARGET_VALUES, MAX_VARIANTS
from ..values import inside, quoted
from .faults import Faults


def parse_keys(value: object, path: str, faults: Faults, limit: int = MAX_TARGET_VALUES) -> dict[str, str]:
    """The keys in the form that bucketing uses, each once, in the order written, with the path of each."""
    found: dict[str, str] = {}
    for index, each in enumerate(faults.elements_of(value, path, limit, "targeting keys")):
        key = bucketing_key(each)
        if key is None:
            faults.add(
                inside(path, index), f"{quoted(each)} is not a targeting key: a text that is not empty, or an integer"
            )
        else:
            found.setdefault(key, inside(path, index))
    return found


def parse_targets(value: object, path: str, faults: Faults, variants: Collection[str]) -> list[dict[str, Any]]:
    """Individual targets; nobody can be in two of them."""
    owners: dict[str, str] = {}
    found = []
    for index, each in enumerate(faults.elements_of(value, path, MAX_VARIANTS, "targets")):
        here = inside(path, index)
        target = faults.members_of(each, here, ("variant", "values"), required=("variant", "values"))
        keys = parse_keys(target.get("values", []), f"{here}.values", faults)
        variant = faults.variant(target["variant"], f"{here}.variant", variants) if "variant" in target else None
        for key in keys.keys() & owners.keys():
            faults.add(keys[key], f"{quoted(key)} is a target already, at {owners[key]}")
        owners = keys | owners
        found.append({"variant": variant, "values": list(keys)})
    if len(owners) > MAX_TARGET_VALUES:
        faults.add(path, f"at most {MAX_TARGET_VALUES:,} targeting keys are allowed, these are {len(owners):,}")
    return found
