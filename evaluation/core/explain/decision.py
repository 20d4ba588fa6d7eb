"""The decision again, step by step over the definitions as they are written, for people who ask why."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from ..context import Context
from ..evaluate import evaluate
from ..model import Answer, Ruleset
from ..parse import parse_config
from ..values import Fault, InvalidDefinition
from .asking import Asking
from .serves import served
from .trace import Explanation, Step, Trace

Document = dict[str, Any]
Take = Callable[[Step], Step]
STATE = ("enabled", "off", "prerequisites", "targets", "rules", "fallthrough")


def explain(
    ruleset: Ruleset, manifest: Mapping[str, Any], key: str, context: Context, now: datetime, *, client: bool = False
) -> Explanation:
    """Why this context gets what it gets for one flag; never raises for any context.

    `manifest` is the document that `ruleset` was read from. The answer is `evaluate`'s. With `client` it is what a client
    key gets, but the steps tell everything all the same, the keys of flags that are not client_visible included: an
    explanation is for the people who write the rules.
    """
    decision = _Decision(ruleset, manifest, context, now)
    answer = evaluate(ruleset, key, context, now, client=client)
    steps, asking = decision.steps(answer), decision.asking
    return Explanation(answer, steps, asking.flags, asking.segments)


class _Decision:
    def __init__(self, ruleset: Ruleset, manifest: Mapping[str, Any], context: Context, now: datetime) -> None:
        self._ruleset = ruleset
        self._flags: Mapping[str, Any] = manifest["flags"]
        self.asking = Asking(manifest.get("segments", {}), self._trace, context, now)

    def _trace(self, key: str) -> Trace:
        answer = evaluate(self._ruleset, key, self.asking.context, self.asking.now)
        return Trace(answer, self.steps(answer))

    def steps(self, answer: Answer) -> tuple[Step, ...]:
        """The steps to this answer, and those that were not reached."""
        if answer.error_code == "FLAG_NOT_FOUND":
            return (Step("unknown", result="decided"),)
        if answer.error_code == "PARSE_ERROR":
            return (Step("unreadable", result="decided", faults=_faults(self._flags[answer.key])),)
        steps: list[Step] = []
        decided = False
        for step, take in self._road(self._flags[answer.key]):
            steps.append(step if decided else take(step))
            decided = decided or steps[-1].result == "decided"
        return tuple(steps)

    def _road(self, flag: Document) -> Iterator[tuple[Step, Take]]:
        """Every step, not taken yet, and how to take it. What lies behind a disabled flag may be anything."""
        yield Step("enabled", "enabled"), partial(self._enabled, flag)
        if flag.get("prerequisites") is not None:
            yield Step("prerequisites", "prerequisites"), partial(self._prerequisites, flag)
        if flag.get("targets"):
            yield Step("targets", "targets"), partial(self._targets, flag)
        for index, rule in enumerate(_listed(flag.get("rules"))):
            name = rule.get("id") if isinstance(rule, dict) else None
            yield Step("rule", f"rules[{index}]", name), partial(self._rule, flag, rule)
        yield Step("fallthrough", "fallthrough"), partial(self._fallthrough, flag)

    def _enabled(self, flag: Document, step: Step) -> Step:
        if flag.get("enabled", False):
            return replace(step, result="passed")
        return replace(step, result="decided", variant=flag.get("off"))

    def _prerequisites(self, flag: Document, step: Step) -> Step:
        verdict = self.asking.judge(flag["prerequisites"], step.path, flags=True)
        if verdict.holds:
            return replace(step, result="passed", condition=verdict)
        return replace(step, result="decided", condition=verdict, variant=flag.get("off"))

    def _targets(self, flag: Document, step: Step) -> Step:
        for index, target in enumerate(flag["targets"]):
            if self.asking.is_named(target["values"]):
                return replace(step, result="decided", path=f"targets[{index}]", variant=target["variant"])
        return replace(step, result="missed")

    def _rule(self, flag: Document, rule: Document, step: Step) -> Step:
        if "if" in rule:
            step = replace(step, condition=self.asking.judge(rule["if"], f"{step.path}.if"))
            if step.condition is not None and not step.condition.holds:
                return replace(step, result="missed")
        variant, draw = served(rule.get("serve"), flag.get("salt"), self.asking.context)
        goes_on = variant is None and (draw is None or draw.key is not None)
        return replace(step, result="passed_on" if goes_on else "decided", variant=variant, draw=draw)

    def _fallthrough(self, flag: Document, step: Step) -> Step:
        variant, draw = served(flag.get("fallthrough"), flag.get("salt"), self.asking.context)
        return replace(step, result="decided", variant=variant, draw=draw)


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _faults(flag: object) -> tuple[Fault, ...]:
    """Where the definition breaks, as far as the parser that checks what people write can tell."""
    if not isinstance(flag, dict):
        return ()
    variants = flag.get("variants")
    try:
        parse_config({name: flag[name] for name in STATE if name in flag}, variants=_names(variants))
    except InvalidDefinition as error:
        return error.faults
    return ()


def _names(variants: object) -> list[str]:
    return list(variants) if isinstance(variants, dict) else []
