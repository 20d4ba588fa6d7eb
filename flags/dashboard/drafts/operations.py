"""What the buttons of the form do to the document: each is a verb and the path that it acts on, as in `remove rules[0]`."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from flags.allocation import BUCKETS
from flags.dashboard.drafts.conditions import Condition, Group, Part, all_parts
from flags.dashboard.drafts.form import State, StateForm, form_of
from flags.dashboard.drafts.values import as_line, read_lines

Node = dict[str, Any]
STEP = re.compile(r"[^.\[\]]+")
PREREQUISITES = "prerequisites"


def operate(state: State, do: str, variants: Sequence[str]) -> None:
    """Change the state; a button that the form does not have (or no longer: it was pressed twice) changes nothing."""
    verb, _, path = do.partition(" ")
    form = form_of(state, variants)
    if verb == "add_rule":
        state["rules"].append({"serve": {"variant": variants[0]}})
    elif verb in ADDED and path in {*_roots(form), *_lists(form)}:
        _add(*_found(state, path), ADDED[verb]())
    elif verb == "remove" and path in {*_rules(form), *(part.path for part in _parts(form))}:
        _remove(state, *_found(state, path))
    elif verb in MOVES and path in _rules(form):
        _move(*_found(state, path), MOVES[verb])
    elif verb == "move":
        _move_to(state, form, path)
    elif verb == "add_value":
        _add_value(state, form, path)
    elif verb == "weigh" and path in {serve.path for serve in form.serves() if serve.has_ranges}:
        _weigh(*_found(state, path))


def _add_value(state: State, form: StateForm, asked: str) -> None:
    """Of a condition that takes values: its path, and the value as one would type it."""
    path, _, line = asked.partition(" ")
    if path in {part.path for part in _parts(form) if isinstance(part, Condition) and part.values}:
        holder, name = _found(state, path)
        values = holder[name]["values"]
        values += [value for value in read_lines(line) if as_line(value) not in map(as_line, values)]


def _rules(form: StateForm) -> list[str]:
    return [rule.path for rule in form.rules]


def _roots(form: StateForm) -> list[str]:
    return [PREREQUISITES, *(f"{path}.if" for path in _rules(form))]


def _lists(form: StateForm) -> Iterator[str]:
    """Of the groups; a bare `not` has none."""
    return (part.at for part in _parts(form) if isinstance(part, Group) and part.at)


def _parts(form: StateForm) -> Iterator[Part]:
    for condition in (form.prerequisites, *(rule.condition for rule in form.rules)):
        if condition is not None:
            yield from all_parts(condition)


def _found(state: State, path: str) -> tuple[Any, Any]:
    """What holds the last step of a path of the form, and that step."""
    steps: list[Any] = [int(step) if step.isdecimal() else step for step in STEP.findall(path)]
    holder: Any = state
    for step in steps[:-1]:
        holder = holder[step]
    return holder, steps[-1]


def _add(holder: Node, name: str, fresh: Node) -> None:
    """To the list there, or beside the one condition there, or as the first."""
    there = holder.get(name)
    if isinstance(there, list):
        there.append(fresh)
    else:
        holder[name] = {"all": [there, fresh]} if there else fresh


def _remove(state: State, holder: Any, name: Any) -> None:
    del holder[name]
    state[PREREQUISITES] = _pruned(state.get(PREREQUISITES))
    for rule in state["rules"]:
        if (condition := _pruned(rule.pop("if", None))) is not None:
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


def _move(rules: list[Node], index: int, by: int) -> None:
    if 0 <= index + by < len(rules):
        rules[index], rules[index + by] = rules[index + by], rules[index]


def _move_to(state: State, form: StateForm, asked: str) -> None:
    """Of a rule that was dropped: its path, and the place among the rules that it takes."""
    path, _, place = asked.partition(" ")
    if path in _rules(form) and place.isdecimal():
        rules, index = _found(state, path)
        rules.insert(int(place[:4]), rules.pop(index))


def _weigh(holder: Node, name: str) -> None:
    """Give a split weights for its ranges."""
    split = holder[name]["split"]
    weights: dict[str, float] = {}
    for variant, first, past in split.pop("ranges"):
        weights[variant or "null"] = weights.get(variant or "null", 0) + (past - first)
    split["weights"] = {variant: width * 100 / BUCKETS for variant, width in weights.items()}


MOVES = {"up": -1, "down": 1}
ADDED: dict[str, Callable[[], Node]] = {
    "add_condition": lambda: {"attribute": "", "op": "in", "values": []},
    "add_segment": lambda: {"segment": ""},
    "add_flag": lambda: {"flag": "", "variants": ["on"]},
    "add_group": lambda: {"any": [{"attribute": "", "op": "in", "values": []}]},
}
