"""A state as a form: every part of the document that people can type into, in the order of evaluation."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flags.dashboard.drafts.conditions import Part, part_of
from flags.dashboard.drafts.inputs import Input, member
from flags.dashboard.drafts.serves import Serve, serve_of
from flags.dashboard.drafts.values import as_keys, read_keys

State = dict[str, Any]


@dataclass(slots=True)
class Target:
    variant: str
    keys: Input
    count: int


@dataclass(slots=True)
class Rule:
    path: str
    number: int
    id: str
    name: Input
    condition: Part | None
    serve: Serve

    @property
    def label(self) -> str:
        return f"Rule {self.number}"

    def inputs(self) -> Iterator[Input]:
        yield self.name
        if self.condition is not None:
            yield from self.condition.inputs()
        yield from self.serve.inputs()


@dataclass(slots=True)
class StateForm:
    """All that can be typed; `enabled` is no part of it, since the switch acts at once."""

    off: Input
    prerequisites: Part | None
    targets: list[Target]
    rules: list[Rule]
    fallthrough: Serve

    def serves(self) -> list[Serve]:
        return [*(rule.serve for rule in self.rules), self.fallthrough]

    def inputs(self) -> Iterator[Input]:
        yield self.off
        if self.prerequisites is not None:
            yield from self.prerequisites.inputs()
        yield from (target.keys for target in self.targets)
        for rule in self.rules:
            yield from rule.inputs()
        yield from self.fallthrough.inputs()


def form_of(state: State, variants: Sequence[str]) -> StateForm:
    """The form of a state whose shape is sound; what is typed into it is written into the state itself."""
    return StateForm(
        _off(state),
        part_of(state["prerequisites"], "prerequisites") if state["prerequisites"] else None,
        _targets(state["targets"], variants),
        [_rule(rule, index, variants) for index, rule in enumerate(state["rules"])],
        serve_of(state, "fallthrough", "fallthrough", variants, may_go_on=False),
    )


def _off(state: State) -> Input:
    def write(text: str) -> None:
        state["off"] = text or None

    return Input("off", state["off"] or "", write)


def _rule(rule: dict[str, Any], index: int, variants: Sequence[str]) -> Rule:
    path = f"rules[{index}]"
    return Rule(
        path,
        index + 1,
        rule.get("id", ""),
        member(rule, "name", path, may_go=True),
        part_of(rule["if"], f"{path}.if") if "if" in rule else None,
        serve_of(rule, "serve", f"{path}.serve", variants, may_go_on=True),
    )


def _targets(targets: list[dict[str, Any]], variants: Sequence[str]) -> list[Target]:
    """Those that are there, then an empty one for every variant that has none yet."""
    missing = [name for name in variants if name not in {target["variant"] for target in targets}]
    fresh = [{"variant": name, "values": []} for name in missing]
    return [_target(target, index, targets) for index, target in enumerate([*targets, *fresh])]


def _target(target: dict[str, Any], index: int, targets: list[dict[str, Any]]) -> Target:
    def write(text: str) -> None:
        target["values"] = read_keys(text)
        if not target["values"]:
            targets[:] = [each for each in targets if each is not target]
        elif not any(each is target for each in targets):
            targets.append(target)

    keys = Input(f"targets[{index}].values", as_keys(target["values"]), write)
    return Target(target["variant"], keys, len(target["values"]))
