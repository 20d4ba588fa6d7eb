"""A flag's state in people's words, and what differs between two states."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flags.dashboard.drafts.values import as_line, as_weight
from flags.services.saving import same

State = Mapping[str, Any]
# As many of a long list are named; the rest is counted.
NAMED = 8

# Operator → how it reads, and how it reads negated.
OPERATOR_WORDS = {
    "in": ("is any of", "is none of"),
    "contains": ("contains", "does not contain"),
    "starts_with": ("starts with", "does not start with"),
    "ends_with": ("ends with", "does not end with"),
    "matches": ("matches", "does not match"),
    "gt": ("is greater than", "is not greater than"),
    "gte": ("is at least", "is not at least"),
    "lt": ("is less than", "is not less than"),
    "lte": ("is at most", "is not at most"),
    "before": ("is before", "is not before"),
    "after": ("is after", "is not after"),
    "semver_eq": ("is version", "is not version"),
    "semver_gt": ("is a version after", "is not a version after"),
    "semver_gte": ("is version at least", "is not version at least"),
    "semver_lt": ("is a version before", "is not a version before"),
    "semver_lte": ("is version at most", "is not version at most"),
    "semver_range": ("is a version in", "is not a version in"),
    "cidr": ("is an address in", "is not an address in"),
    "has_all": ("has all of", "lacks any of"),
    "mod": ("has divisor and remainder", "has not divisor and remainder"),
    "exists": ("is there", "is missing"),
}
PLACES = {
    "off": "When off",
    "prerequisites": "Only if",
    "targets": "Individual targets",
    "fallthrough": "Everyone else",
}
JOINERS = {"all": " and ", "any": " or "}


@dataclass(frozen=True, slots=True)
class Change:
    """What differs at one place: lines that are no longer so, and lines that are so now."""

    where: str
    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


def changes(before: State, after: State) -> list[Change]:
    """Everything that differs, in the order of evaluation; rules are told apart by their ids."""
    found = [
        *_switched(before["enabled"], after["enabled"]),
        *_line("Only if", before["prerequisites"], after["prerequisites"], prerequisites),
        *_targets(before["targets"], after["targets"]),
        *_rules(before["rules"], after["rules"]),
        *_line("Everyone else", before["fallthrough"], after["fallthrough"], serve),
        *_line("When off", before["off"], after["off"], off),
    ]
    return [change for change in found if change.removed or change.added]


def _switched(before: bool, after: bool) -> list[Change]:
    if before is after:
        return []
    return [Change("Switch", (on_or_off(before),), (on_or_off(after),))]


def on_or_off(enabled: bool) -> str:
    return "On" if enabled else "Off"


def off(variant: str | None) -> str:
    return f"serves {variant or 'the code default'}"


def _line(where: str, before: Any, after: Any, say: Callable[[Any], str]) -> list[Change]:
    return [] if same(before, after) else [Change(where, (say(before),), (say(after),))]


def _targets(before: Sequence[State], after: Sequence[State]) -> Iterator[Change]:
    was, is_now = _owners(before), _owners(after)
    gone = [key for key in was if was[key] != is_now.get(key)]
    come = [key for key in is_now if is_now[key] != was.get(key)]
    yield Change("Individual targets", tuple(_always(gone, was)), tuple(_always(come, is_now)))


def target_lines(targets: Sequence[State]) -> Iterator[str]:
    owners = _owners(targets)
    return _always(list(owners), owners)


def _owners(targets: Sequence[State]) -> dict[str, str]:
    return {key: target["variant"] for target in targets for key in target["values"]}


def _always(keys: Sequence[str], owners: Mapping[str, str]) -> Iterator[str]:
    for variant in dict.fromkeys(owners[key] for key in keys):
        own = [key for key in keys if owners[key] == variant]
        yield f"{_listed(own)} always {'gets' if len(own) == 1 else 'get'} {variant}"


def _rules(before: Sequence[State], after: Sequence[State]) -> Iterator[Change]:
    was = {rule["id"]: rule for rule in before}
    numbers = {rule["id"]: number for number, rule in enumerate(before, 1)}
    kept = {rule.get("id") for rule in after}
    for rule in before:
        if rule["id"] not in kept:
            yield Change(f"{title(rule, numbers[rule['id']])}, removed", removed=tuple(rule_lines(rule)))
    for number, rule in enumerate(after, 1):
        old = was.get(rule.get("id"))
        if old is None:
            yield Change(f"{title(rule, number)}, new", added=tuple(rule_lines(rule)))
        elif not same(old, rule):
            yield _changed_rule(old, rule, number)
    yield _order(before, after)


def _changed_rule(old: State, new: State, number: int) -> Change:
    was, is_now = list(rule_lines(old)), list(rule_lines(new))
    if old.get("name", "") != new.get("name", ""):
        was.insert(0, f"named “{old.get('name', '')}”")
        is_now.insert(0, f"named “{new.get('name', '')}”")
    removed = tuple(line for line in was if line not in is_now)
    added = tuple(line for line in is_now if line not in was)
    # Members that are said in no word, such as a salt.
    return Change(
        title(new, number), removed, added or (() if removed else ("details that have no words; see it as text",))
    )


def _order(before: Sequence[State], after: Sequence[State]) -> Change:
    old = [rule["id"] for rule in before if rule["id"] in {rule.get("id") for rule in after}]
    new = [rule for rule in after if rule.get("id") in old]
    if [rule["id"] for rule in new] == old:
        return Change("Order")
    titles = {rule["id"]: title(rule, number) for number, rule in enumerate(before, 1)}
    moved = " → ".join(titles[rule["id"]] for rule in new)
    return Change("Order of the rules", (" → ".join(titles[each] for each in old),), (moved,))


def title(rule: State, number: int) -> str:
    name = rule.get("name", "")
    return f"Rule {number}, {name}" if name else f"Rule {number}"


def rule_lines(rule: State) -> Iterator[str]:
    yield f"if {condition(rule['if'])}" if "if" in rule else "everyone who reaches it"
    yield serve(rule["serve"])


def serve(served: State | None) -> str:
    """`serves on`, or `serves 25 % on, 75 % off`."""
    if served is None:
        return "serves the code default"
    if "variant" in served:
        return f"serves {served['variant']}"
    split = served["split"]
    by = f" by {split['by']}" if split.get("by", "targetingKey") != "targetingKey" else ""
    return f"serves {', '.join(_shares(split))}{by}"


def _shares(split: State) -> Iterator[str]:
    if "weights" in split:
        yield from (
            f"{as_weight(weight)} % {_served(name)}" for name, weight in split["weights"].items() if weight != 0
        )
    else:
        yield from (f"{_served(name)} in {first:,}–{past:,}" for name, first, past in split["ranges"])


def _served(variant: str | None) -> str:
    return "goes on" if variant in (None, "null") else str(variant)


def prerequisites(node: State | None) -> str:
    return condition(node) if node else "nothing is asked"


def condition(node: State, *, is_part: bool = False) -> str:
    """A condition or group in one line."""
    if "attribute" in node:
        return _comparison(node)
    if "segment" in node:
        return f"in segment {node['segment']}"
    if "flag" in node:
        return f"{node['flag']} serves {_listed(node['variants'], ' or ')}"
    if "not" in node:
        return f"not ({condition(node['not'])})"
    shape = "all" if "all" in node else "any"
    if not node[shape]:
        return "everyone"
    line = JOINERS[shape].join(condition(part, is_part=True) for part in node[shape])
    return f"({line})" if is_part and len(node[shape]) > 1 else line


def _comparison(node: State) -> str:
    plain, negated = OPERATOR_WORDS.get(node["op"], (node["op"], f"not {node['op']}"))
    values = [as_line(value) for value in node.get("values", [])]
    if not values and node["op"] != "exists":
        values = ["nothing"]
    case = " ignoring case" if node.get("ignore_case") else ""
    word = negated if node.get("negate") else plain
    return f"{node['attribute']} {word} {_listed(values)}".rstrip() + case


def _listed(words: Sequence[str], joiner: str = ", ") -> str:
    rest = len(words) - NAMED
    return joiner.join(words[:NAMED]) + (f" and {rest:,} more" if rest > 0 else "")


def located(path: str, message: str, state: State) -> str:
    """A fault with its place in words: `Rule 2, Beta: …`."""
    number = re.match(r"rules\[(\d+)\]", path)
    if number and int(number[1]) < len(state["rules"]):
        return f"{title(state['rules'][int(number[1])], int(number[1]) + 1)}: {message}"
    where = PLACES.get(path.partition(".")[0].partition("[")[0], "")
    return f"{where}: {message}" if where else message


def placed(warning: str, state: State) -> str:
    """A warning that begins with a path has the place in words instead."""
    path, _, message = warning.partition(": ")
    return located(path, message, state) if path.partition("[")[0].partition(".")[0] in {*PLACES, "rules"} else warning
