"""What the buttons of the form do to the document: each is a verb and the path that it acts on, as in `remove rules[0]`."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from flags.allocation import BUCKETS
from flags.dashboard.drafts.form import State

Node = dict[str, Any]
STEP = re.compile(r"[^.\[\]]+")


def operate(state: State, do: str, variants: Sequence[str]) -> None:
    """Change the state; a verb or a path that is not there (a button pressed twice) changes nothing."""
    verb, _, path = do.partition(" ")
    if verb == "add_rule":
        state["rules"].append({"serve": {"variant": variants[0]}})
    elif verb in ADDED:
        _add(state, path, ADDED[verb]())
    elif verb in CHANGES and (found := _found(state, path)) is not None:
        CHANGES[verb](state, *found)


def _add(state: State, path: str, fresh: Node) -> None:
    """To the list at the path, or beside the one condition there, or as the first."""
    if (found := _found(state, path)) is None:
        return
    holder, name = found
    there = _at(holder, name)
    if isinstance(there, list):
        there.append(fresh)
    elif there:
        holder[name] = {"all": [there, fresh]}
    elif name in ("if", "prerequisites"):
        holder[name] = fresh


def _remove(state: State, holder: Any, name: Any) -> None:
    if name == "prerequisites":
        holder[name] = None
    elif _at(holder, name) is not None:
        del holder[name]
    state["prerequisites"] = _pruned(state["prerequisites"])
    for rule in state["rules"]:
        if "if" in rule and (condition := _pruned(rule.pop("if"))) is not None:
            rule["if"] = condition


def _pruned(node: Node | None) -> Node | None:
    """The condition without groups that have lost their last part."""
    if not node:
        return None
    if "not" in node:
        inner = _pruned(node["not"])
        return {"not": inner} if inner else None
    for name in {"all", "any"} & node.keys():
        parts = [part for part in map(_pruned, node[name]) if part]
        return {name: parts} if parts else None
    return node


def _move(by: int) -> Callable[..., None]:
    def move(state: State, holder: Any, name: Any) -> None:
        if isinstance(holder, list) and name < len(holder) and 0 <= name + by < len(holder):
            holder[name], holder[name + by] = holder[name + by], holder[name]

    return move


def _weigh(state: State, holder: Any, name: Any) -> None:
    """Give a split weights for its ranges."""
    split = _at(holder, name)
    if not isinstance(split, dict) or "ranges" not in split:
        return
    weights: dict[str, float] = {}
    for variant, first, past in split.pop("ranges"):
        weights[variant or "null"] = weights.get(variant or "null", 0) + (past - first)
    split["weights"] = {variant: width * 100 / BUCKETS for variant, width in weights.items()}


ADDED: dict[str, Callable[[], Node]] = {
    "add_condition": lambda: {"attribute": "", "op": "in", "values": []},
    "add_segment": lambda: {"segment": ""},
    "add_flag": lambda: {"flag": "", "variants": ["on"]},
    "add_group": lambda: {"any": [{"attribute": "", "op": "in", "values": []}]},
}
CHANGES = {"remove": _remove, "up": _move(-1), "down": _move(1), "weigh": _weigh}


def _found(state: State, path: str) -> tuple[Any, Any] | None:
    """What holds the last step of the path, and that step; None when the way there is not there."""
    steps: list[Any] = [int(step) if step.isdecimal() else step for step in STEP.findall(path)]
    holder: Any = state
    for step in steps[:-1]:
        holder = _at(holder, step)
    return (holder, steps[-1]) if steps and _fits(holder, steps[-1]) else None


def _at(holder: Any, step: Any) -> Any:
    if isinstance(holder, dict):
        return holder.get(step)
    return holder[step] if _fits(holder, step) and step < len(holder) else None


def _fits(holder: Any, step: Any) -> bool:
    return isinstance(holder, dict) if isinstance(step, str) else isinstance(holder, list)
