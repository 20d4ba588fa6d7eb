"""Which flags and segments a definition asks for, and how deep such asking goes."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any


def referenced(node: object, member: str) -> Iterator[str]:
    """The keys that a condition tree names under `member` (`"segment"` or `"flag"`), in document order."""
    if not isinstance(node, dict):
        return
    if isinstance(node.get(member), str):
        yield node[member]
    for child in _parts(node):
        yield from referenced(child, member)


def _parts(node: dict[str, Any]) -> list[object]:
    parts: list[object] = [node["not"]] if "not" in node else []
    for group in ("all", "any"):
        children = node.get(group)
        if isinstance(children, list):
            parts.extend(children)
    return parts


def condition_trees(document: Mapping[str, Any]) -> Iterator[object]:
    """Every condition tree of a flag's state (prerequisites, then rules) or of a segment (its rules)."""
    yield document.get("prerequisites")
    rules = document.get("rules")
    for rule in rules if isinstance(rules, list) else []:
        yield rule.get("if") if isinstance(rule, dict) and "serve" in rule else rule


def depths(graph: Mapping[str, Collection[str]]) -> dict[str, int]:
    """How many steps the longest chain from each key has; a key on a cycle, or leading to one, is absent.

    Keys that are asked for and not in the graph count for nothing.
    """
    waiting = {key: {asked for asked in graph[key] if asked in graph} for key in graph}
    askers: dict[str, list[str]] = {key: [] for key in graph}
    for key, asked in waiting.items():
        for each in asked:
            askers[each].append(key)
    found: dict[str, int] = {}
    ready = [key for key, asked in waiting.items() if not asked]
    depth = 0
    while ready:
        found.update(dict.fromkeys(ready, depth))
        depth += 1
        ready = [asker for key in ready for asker in askers[key] if _settles(waiting[asker], key)]
    return found


def _settles(waiting: set[str], key: str) -> bool:
    waiting.discard(key)
    return not waiting


def on_cycle(key: str, graph: Mapping[str, Collection[str]]) -> bool:
    """Whether the key asks for itself, directly or through others."""
    seen: set[str] = set()
    ahead = list(graph.get(key, ()))
    while ahead:
        asked = ahead.pop()
        if asked == key:
            return True
        if asked not in seen:
            seen.add(asked)
            ahead.extend(graph.get(asked, ()))
    return False
