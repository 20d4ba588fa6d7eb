"""How many of a thing one flag may have."""

from typing import Any


def count_targets(targets: list[dict[str, Any]]) -> int:
    return sum(len(target["values"]) for target in targets)
