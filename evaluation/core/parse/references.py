"""What a checked document asks for."""

from collections.abc import Mapping
from typing import Any

from ..references import condition_trees, referenced


def flags_referenced(document: Mapping[str, Any]) -> set[str]:
    """The keys of the flags that a flag's state has as prerequisites."""
    return {key for tree in condition_trees(document) for key in referenced(tree, "flag")}


def segments_referenced(document: Mapping[str, Any]) -> set[str]:
    """The keys of the segments that a flag's state, or a segment, names directly."""
    return {key for tree in condition_trees(document) for key in referenced(tree, "segment")}
