"""An explanation in people's words: the steps that the inspector shows."""

import json
from collections.abc import Iterator
from functools import partial

from evaluation.core.explain import Explanation
from evaluation.core.explain.trace import Belonging, Comparison, Draw, Group, Requirement, Step, Trace, Verdict
from evaluation.core.limits import BUCKETS
from evaluation.core.values import shortened
from evaluation.dashboard.playground.lines import DrawView, StepView, VerdictView
from evaluation.dashboard.playground.matrix import color_of
from evaluation.playground import Board
from evaluation.wire.explanations import glimpse
from flags.dashboard import words

LONGEST_SEEN = 60
# Result → how the step looks, and its mark.
LOOKS = {
    "passed": ("pass", "check"),
    "missed": ("skip", "x"),
    "passed_on": ("skip", "right"),
    "decided": ("hit", "arrow"),
    "not_reached": ("rest", ""),
}
BECAUSE = {
    "excluded": "excluded by name",
    "included": "included by name",
    "rule": "one of its rules matches",
    "nothing": "none of its rules matches",
}
# (Kind, result) → the word at the end of the line.
STEP_WORDS = {
    ("enabled", "passed"): "yes",
    ("enabled", "decided"): "off",
    ("prerequisites", "passed"): "met",
    ("prerequisites", "decided"): "not met",
    ("unknown", "decided"): "",
    ("unreadable", "decided"): "error",
}
NOT_SERVING = {"unknown": "there is no such flag", "unreadable": "it cannot be read", "enabled": "it is off"}
RESULT_WORDS = {"missed": "no match", "passed_on": "goes on", "decided": "match", "not_reached": "–"}


def steps_of(board: Board, explanation: Explanation, key: str | None) -> list[StepView]:
    """The steps in their order; `key` is the asker's own."""
    return _Telling(board, explanation, key).steps(explanation)


class _Telling:
    """Tells what lies within a flag or a segment where it is first named: said again and again it would have no end."""

    def __init__(self, board: Board, explanation: Explanation, key: str | None) -> None:
        self._board = board
        self._explanation = explanation
        self._key = key
        self._told: set[tuple[str, str]] = set()

    def steps(self, trace: Trace) -> list[StepView]:
        rules = iter(self._rules(trace.answer.key))
        return [self._step(trace, step, next(rules, None) if step.kind == "rule" else None) for step in trace.steps]

    def _rules(self, flag: str) -> Iterator[str]:
        config = self._board.states[flag][1] if flag in self._board.states else None
        for number, rule in enumerate(config.rules if config else (), 1):
            yield words.title(rule, number)

    def _step(self, trace: Trace, step: Step, rule: str | None) -> StepView:
        look, icon = LOOKS[step.result]
        flag = trace.answer.key
        return StepView(
            look,
            icon,
            rule or self._title(trace, step),
            _word(step),
            self._note(trace, step),
            self._verdict(step.condition) if step.condition else None,
            self._draw(flag, step.draw) if step.draw else None,
            (step.variant or "code default") if _serves(step) else "",
            color_of(self._board, flag, step.variant),
            step.faults,
        )

    def _title(self, trace: Trace, step: Step) -> str:
        place = self._board.environment.name
        has_rules = any(each.kind == "rule" for each in trace.steps)
        return {
            "enabled": f"Enabled in {place}" if step.result != "decided" else f"Off in {place}",
            "prerequisites": "Only if",
            "targets": "Individual targets",
            "rule": "Rule",
            "fallthrough": "Everyone else" if has_rules else "Everyone",
            "unknown": "No such flag for this key",
            "unreadable": "The definition cannot be read",
        }[step.kind]

    def _note(self, trace: Trace, step: Step) -> str:
        if step.result == "not_reached":
            return "not reached"
        if trace.answer.error_code and step.result == "decided":
            return trace.answer.error_details or ""
        if step.kind == "targets" and step.result == "missed":
            named = self._board.manifest["flags"][trace.answer.key]["targets"]
            return f"{self._key or 'nobody'} is not among {sum(len(target['values']) for target in named):,}"
        if step.kind == "targets":
            return f"{self._key} is picked by name"
        return "everybody who comes here" if step.kind == "rule" and step.condition is None else ""

    # Conditions

    def _verdict(self, verdict: Verdict) -> VerdictView:
        if isinstance(verdict, Group):
            says = "all of these" if verdict.needs == "all" else "any of these"
            return VerdictView(verdict.holds, says, "", "", parts=[self._verdict(part) for part in verdict.parts])
        if isinstance(verdict, Belonging):
            return self._belonging(verdict)
        return self._requirement(verdict) if isinstance(verdict, Requirement) else _compared(verdict)

    def _belonging(self, verdict: Belonging) -> VerdictView:
        membership = self._explanation.segments[verdict.segment]
        return VerdictView(
            verdict.holds,
            "not in segment" if verdict.negate else "in segment",
            verdict.segment,
            "",
            BECAUSE[membership.because],
            parts=[self._verdict(rule) for rule in membership.rules]
            if self._is_new("segment", verdict.segment)
            else (),
        )

    def _requirement(self, verdict: Requirement) -> VerdictView:
        trace = self._explanation.flags[verdict.flag]
        served = NOT_SERVING.get(trace.steps[0].kind) if trace.steps[0].result == "decided" else None
        saw = served or f"it serves {trace.answer.variant or 'nothing'}"
        steps = self.steps(trace) if self._is_new("flag", verdict.flag) else ()
        says = f"{'does not serve' if verdict.negate else 'serves'} {' or '.join(verdict.variants)}"
        return VerdictView(verdict.holds, "", verdict.flag, says, saw, steps=steps)

    def _is_new(self, kind: str, key: str) -> bool:
        is_new = (kind, key) not in self._told
        self._told.add((kind, key))
        return is_new

    # Splits

    def _draw(self, flag: str, draw: Draw) -> DrawView:
        variant, first, end = draw.drawn or (None, 0, 1)
        color = partial(color_of, self._board, flag)
        return DrawView(
            draw,
            bucket=f"{draw.bucket:,}" if draw.bucket is not None else "",
            between=f"{first:,} to {end - 1:,}",
            needle=per_cent(draw.bucket or 0),
            variant=variant or "the next rule",
            color=color(variant),
            ranges=[(color(name), per_cent(start), per_cent(past - start)) for name, start, past in draw.ranges],
        )


def _word(step: Step) -> str:
    if not _drew(step.draw):
        return "no key"
    return STEP_WORDS.get((step.kind, step.result), RESULT_WORDS.get(step.result, ""))


def _serves(step: Step) -> bool:
    return step.result == "decided" and step.kind not in ("unknown", "unreadable") and _drew(step.draw)


def _drew(draw: Draw | None) -> bool:
    return draw is None or draw.drawn is not None


def _compared(verdict: Comparison) -> VerdictView:
    node = {name: getattr(verdict, name) for name in ("op", "values", "negate", "ignore_case")}
    says = words.condition({"attribute": "", **node}).strip()
    return VerdictView(verdict.holds, "", verdict.attribute, says, _seen(verdict))


def _seen(verdict: Comparison) -> str:
    if verdict.truth == "missing" or verdict.saw is None:
        return "it is missing"
    seen = shortened(json.dumps(glimpse(verdict.saw), ensure_ascii=False), LONGEST_SEEN)
    place = " → ".join(verdict.found_at) if len(verdict.found_at) > 1 else ""
    told = f"{place} is {seen}" if place else f"it is {seen}"
    return f"{told}, which cannot be judged" if verdict.truth == "unjudgeable" else told


def per_cent(buckets: int) -> str:
    return f"{buckets * 100 / BUCKETS:g}"
