"""From body to the one canonical text."""

from collections.abc import Sequence
from typing import Any

from flags.language.phrases import condition, parts_of, serve
from flags.language.words import name, quoted, value

Body = dict[str, Any]
_WIDEST_LINE = 120  # columns


def print_rules(state: Body) -> str:
    """The text of a state as the API takes it, without `enabled`; members that are not there are left out.

    Where `ranges` stand beside `weights`, as in the API's answers, the weights count.
    """
    clauses = []
    if "off" in state:
        clauses.append(f"off serves {'code default' if state['off'] is None else name(state['off'])}")
    if state.get("prerequisites") is not None:
        clauses.append(_asking("only if", state["prerequisites"]))
    clauses += [_keys(f"serve {name(each['variant'])} to", each["values"]) for each in state.get("targets", [])]
    clauses += [_rule(each) for each in state.get("rules", [])]
    if "fallthrough" in state:
        served = state["fallthrough"]
        clauses.append(f"otherwise serve {'code default' if served is None else serve(served)}")
    return _lines(clauses)


def print_membership(membership: Body) -> str:
    """The text of a segment's `excluded`, `included` and `rules`; members that are not there are left out."""
    lists = [(word, membership.get(f"{word}d")) for word in ("exclude", "include")]
    clauses = [_keys(word, keys) for word, keys in lists if keys]
    return _lines([*clauses, *(_asking("match", rule) for rule in membership.get("rules", []))])


def _lines(clauses: Sequence[str]) -> str:
    return "".join(f"{clause}\n" for clause in clauses)


def _rule(rule: Body) -> str:
    head = ["rule"]
    if "id" in rule:
        head.append(name(rule["id"]) if name(rule["id"]) == rule["id"] else f"id {quoted(rule['id'])}")
    if "name" in rule:
        head.append(quoted(rule["name"]))
    title = f"{' '.join(head)}:"
    return f"{_asking(title, rule['if']) if 'if' in rule else title}\n  serve {serve(rule['serve'])}"


def _asking(head: str, node: Body) -> str:
    line = f"{head} {condition(node)}"
    return line if len(line) <= _WIDEST_LINE else "\n  ".join([head, *parts_of(node)])


def _keys(head: str, keys: Sequence[str]) -> str:
    line = f"{head} {', '.join(map(value, keys)) or 'nobody'}"
    return line if len(line) <= _WIDEST_LINE else head + ",".join(f"\n  {value(key)}" for key in keys)
