"""Splits as they are stored: weights placed on bucket ranges, and a salt where one is needed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flags import allocation
from flags.models.flags import new_salt

Split = dict[str, Any]
# Rule id → the split that it serves; the fallthrough's is under None.
Splits = Mapping[str | None, Split]


def served_in(
    rules: Sequence[dict[str, Any]], fallthrough: dict[str, Any] | None
) -> Iterator[tuple[str, str | None, Any]]:
    """Every `serve` of a state, with its path and the id under which its split is remembered."""
    for index, rule in enumerate(rules):
        yield f"rules[{index}].serve", rule["id"], rule["serve"]
    if fallthrough is not None:
        yield "fallthrough", None, fallthrough


def splits_of(rules: Sequence[dict[str, Any]], fallthrough: dict[str, Any] | None) -> Splits:
    return {rule_id: serve["split"] for _, rule_id, serve in served_in(rules, fallthrough) if "split" in serve}


def placed(split: Split, stored: Split | None, path: str) -> tuple[Split, list[str]]:
    """The split with ranges that move the fewest people away from the stored ones, and what to warn of.

    A rule that never split before and passes people on (a null range) gets a salt of its own: with the flag's, a later
    split would see only the buckets that are left over. A split that has a salt keeps it.
    """
    warnings = []
    ranges = _ranges(split, stored)
    salt = split.get("salt") or (stored or {}).get("salt")
    if salt is None and _passes_on(ranges):
        if stored is None:
            salt = new_salt()
        elif not _passes_on(stored["ranges"]):
            warnings.append(
                f"{path}: this split now passes people on but keeps the flag's salt, so that nobody else moves; "
                "later splits of this flag see only the people who are left over."
            )
    if "weights" in split and allocation.needs_repack(ranges):
        warnings.append(_repack_offer(split, ranges, path))
    kept = {name: split[name] for name in ("by", "weights") if split.get(name) is not None}
    return kept | ({"salt": salt} if salt else {}) | {"ranges": [list(part) for part in ranges]}, warnings


def _ranges(split: Split, stored: Split | None) -> list[allocation.Range]:
    if "weights" not in split:
        return as_ranges(split)
    return allocation.reallocate(as_ranges(stored) if stored else [], split["weights"])


def as_ranges(split: Split) -> list[allocation.Range]:
    return [(variant, first, past) for variant, first, past in split["ranges"]]


def _passes_on(ranges: Sequence[Sequence[Any]]) -> bool:
    return any(variant is None for variant, _, _ in ranges)


def _repack_offer(split: Split, ranges: list[allocation.Range], path: str) -> str:
    people = allocation.moved(ranges, allocation.reallocate([], split["weights"])) * 100 / allocation.BUCKETS
    return f"{path}: {len(ranges)} ranges after many changes; laying them out anew would move {people:.3g} % of people."


def as_written(split: Split) -> Split:
    """The split as people write it: weights, or ranges where somebody gave ranges."""
    dropped = "ranges" if "weights" in split else "weights"
    return {name: value for name, value in split.items() if name != dropped}


def as_placed(split: Split) -> Split:
    """By its ranges, which say where each of its buckets lies."""
    return {name: value for name, value in split.items() if name != "weights"}
