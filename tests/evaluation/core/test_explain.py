"""An explanation tells the steps that led to the answer, and no others."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluation.core.canonical import canonical
from evaluation.core.context import context_from
from evaluation.core.evaluate import evaluate
from evaluation.core.explain import Explanation, explain
from evaluation.core.explain.trace import Belonging, Comparison, Group, Requirement, Step, Verdict
from evaluation.core.manifest import read_manifest, ruleset_from
from evaluation.core.model import Answer
from evaluation.core.parse import parse_config
from evaluation.core.values import loads
from tests.evaluation.core.test_properties import (
    BODIES,
    BODYLIKE,
    CONTEXTS,
    NOW,
    VARIANTS,
    Document,
    compiled,
)
from tests.evaluation.core.test_vectors import ANY_TIME, CASES, manifest_of

Explain = Callable[..., Explanation]


@pytest.fixture
def explained(flag: Callable[..., Document], manifest: Callable[..., Document], now: datetime) -> Explain:
    """Explains the flag "a" with these members: `explained({"country": "IN"}, rules=[…])`."""

    def ask(context: Document, *, segments: Document | None = None, others: Document | None = None, **a: Any) -> Any:
        document = manifest({"a": flag(**a), **(others or {})}, segments)
        return explain(ruleset_from(document), document, "a", context_from(context), now)

    return ask


def results(explanation: Explanation) -> list[tuple[str, str]]:
    return [(step.rule or step.kind, step.result) for step in explanation.steps]


def only_condition(explanation: Explanation) -> Any:
    return next(step for step in explanation.steps if step.kind == "rule").condition


# The story agrees with the answer


def told(explanation: Explanation) -> tuple[str, str | None, Document]:
    """The variant, the reason or error, and the marks that the steps amount to."""
    deciding = [step for step in explanation.steps if step.result == "decided"]
    reached = [step for step in explanation.steps if step.result != "not_reached"]
    assert [*deciding] == reached[-1:]
    step = deciding[0]
    rules = any(each.kind == "rule" for each in explanation.steps)
    return step.variant or "", _outcome(step, rules), _marks(step)


def _outcome(step: Step, has_rules: bool) -> str:
    if step.kind in ("unknown", "unreadable"):
        return {"unknown": "FLAG_NOT_FOUND", "unreadable": "PARSE_ERROR"}[step.kind]
    if step.draw is not None:
        return "SPLIT" if step.draw.drawn else "TARGETING_KEY_MISSING"
    if step.kind == "enabled":
        return "STATIC" if step.variant else "DISABLED"
    if step.kind == "prerequisites" or (step.kind == "fallthrough" and step.variant is None):
        return "DEFAULT"
    if step.kind == "fallthrough":
        return "DEFAULT" if has_rules else "STATIC"
    return "TARGETING_MATCH"


def _marks(step: Step) -> Document:
    if step.draw is not None and step.draw.drawn is None:
        return {}
    if step.kind == "enabled" and step.variant:
        return {"enabled": False}
    blamed = _blamed(step.condition) if step.kind == "prerequisites" and step.condition else None
    marks = {"rule": step.rule} if step.kind == "rule" else {"prerequisite": blamed}
    return {name: value for name, value in marks.items() if value is not None}


def _blamed(verdict: Verdict) -> str | None:
    if isinstance(verdict, Group):
        found = (_blamed(part) for part in verdict.parts if not part.holds)
        return next((flag for flag in found if flag is not None), None)
    return verdict.flag if isinstance(verdict, Requirement) else None


def answered(answer: Answer) -> tuple[str, str | None, Document]:
    marks = {name: answer.metadata[name] for name in ("rule", "enabled", "prerequisite") if name in answer.metadata}
    return answer.variant, answer.reason or answer.error_code, marks


@pytest.mark.parametrize(("case", "flag_defaults"), CASES)
def test_every_vector_is_told_as_it_is_answered(case: Document, flag_defaults: Document) -> None:
    content = canonical(manifest_of(case, flag_defaults))
    ruleset, document = read_manifest(content), loads(content)
    asker = (context_from(case["context"]), datetime.fromisoformat(case.get("now", ANY_TIME)))

    explanation = explain(ruleset, document, case["flag"], *asker)  # type: ignore[arg-type]  # a manifest is an object
    answer = evaluate(ruleset, case["flag"], *asker)

    assert explanation.answer is answer or answer.error_code == "FLAG_NOT_FOUND"
    if not {"rule", "enabled", "prerequisite"} & set(document["flags"].get(case["flag"], {}).get("metadata", {})):  # type: ignore[index]
        assert told(explanation) == answered(answer)


@given(BODIES, CONTEXTS)
@settings(max_examples=2_000, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_sound_state_is_told_as_it_is_answered(body: Document, context: Document) -> None:
    manifest = compiled(parse_config(body, variants=VARIANTS))
    ruleset = ruleset_from(manifest)

    explanation = explain(ruleset, manifest, "a", context_from(context), NOW)

    assert explanation.answer is evaluate(ruleset, "a", context_from(context), NOW)
    assert told(explanation) == answered(explanation.answer)


@given(st.dictionaries(st.sampled_from("ab"), BODYLIKE), st.dictionaries(st.sampled_from("ab"), BODYLIKE), CONTEXTS)
def test_whatever_a_manifest_holds_is_told_as_it_is_answered(
    flags: Document, segments: Document, context: Document
) -> None:
    whole = {"type": "boolean", "variants": {"on": True, "off": False}, "salt": "s", "enabled": True}
    documents = {key: {**whole, **flag} if isinstance(flag, dict) else flag for key, flag in flags.items()}
    manifest = {"format": 1, "environment": "e", "version": 1, "flags": documents, "segments": segments}
    ruleset = ruleset_from(manifest)

    for key in "ab":
        explanation = explain(ruleset, manifest, key, context_from(context), NOW)

        assert told(explanation)[:2] == answered(explanation.answer)[:2]


# What each step tells


def test_steps_behind_the_deciding_one_are_not_reached(explained: Explain) -> None:
    rules = [{"id": "r1", "serve": {"variant": "on"}}, {"id": "r2", "serve": {"variant": "off"}}]

    explanation = explained({}, rules=rules)

    assert results(explanation) == [
        ("enabled", "passed"),
        ("r1", "decided"),
        ("r2", "not_reached"),
        ("fallthrough", "not_reached"),
    ]


def test_a_disabled_flag_is_told_by_its_first_step(explained: Explain) -> None:
    explanation = explained({}, enabled=False, off="off", rules="whatever lies behind")

    assert explanation.steps[0] == Step("enabled", "enabled", result="decided", variant="off")
    assert results(explanation)[1:] == [("fallthrough", "not_reached")]


def test_a_target_names_where_it_stands(explained: Explain) -> None:
    targets = [{"variant": "off", "values": ["u1"]}, {"variant": "on", "values": ["7"]}]

    explanation = explained({"targetingKey": 7}, targets=targets)

    assert explanation.steps[1] == Step("targets", "targets[1]", result="decided", variant="on")


def test_a_prerequisite_brings_the_steps_of_the_flag_that_it_asks(
    explained: Explain, flag: Callable[..., Document]
) -> None:
    core = flag(fallthrough={"variant": "off"})

    explanation = explained({}, prerequisites={"flag": "core", "variants": ["on"]}, off="off", others={"core": core})

    assert explanation.steps[1].condition == Requirement("prerequisites", False, "core", ("on",), False)
    assert explanation.flags["core"].answer.variant == "off"
    assert [step.result for step in explanation.flags["core"].steps] == ["passed", "decided"]
    assert explanation.answer.metadata["prerequisite"] == "core"


def test_a_prerequisite_that_is_not_there_is_told(explained: Explain) -> None:
    explanation = explained({}, prerequisites={"flag": "gone", "variants": ["on"]})

    assert explanation.flags["gone"].steps == (Step("unknown", result="decided"),)


def test_a_flag_that_is_asked_by_many_is_explained_once(explained: Explain, flag: Callable[..., Document]) -> None:
    chain = {"core": flag()}
    for depth in range(9):
        below = "core" if depth == 0 else f"f{depth - 1}"
        twice = {"all": [{"flag": below, "variants": ["on"]}] * 50}
        chain[f"f{depth}"] = flag(prerequisites=twice)

    explanation = explained({}, prerequisites={"flag": "f8", "variants": ["on"]}, others=chain)

    assert list(explanation.flags) == [*chain]


def test_a_client_key_is_answered_as_one_but_its_author_is_told_everything(
    flag: Callable[..., Document], manifest: Callable[..., Document], now: datetime
) -> None:
    requirement = {"flag": "hidden", "variants": ["off"]}
    document = manifest({"a": flag(prerequisites=requirement), "hidden": flag(client_visible=False)})
    ruleset = ruleset_from(document)

    told_of_a = explain(ruleset, document, "a", context_from({}), now, client=True)
    told_of_hidden = explain(ruleset, document, "hidden", context_from({}), now, client=True)

    assert "prerequisite" not in told_of_a.answer.metadata
    assert "hidden" in told_of_a.flags
    assert told_of_hidden.answer.error_code == "FLAG_NOT_FOUND"
    assert told_of_hidden.steps == (Step("unknown", result="decided"),)


# Conditions


@pytest.mark.parametrize(
    ("context", "truth", "saw", "found_at"),
    [
        ({"app": {"version": "2.5.1"}}, "true", "2.5.1", ("app", "version")),
        ({"app.version": "2.3.0", "app": {"version": "9.0.0"}}, "false", "2.3.0", ("app.version",)),
        ({"app": "phone"}, "missing", None, ()),
        ({"app": {"version": 2}}, "unjudgeable", 2, ("app", "version")),
    ],
)
def test_a_condition_tells_what_it_saw_and_where(
    explained: Explain, context: Document, truth: str, saw: object, found_at: tuple[str, ...]
) -> None:
    condition = {"attribute": "app.version", "op": "semver_gte", "values": ["2.4.0"]}

    seen = only_condition(explained(context, rules=[{"id": "r1", "if": condition, "serve": {"variant": "on"}}]))

    assert isinstance(seen, Comparison)
    assert (seen.truth, seen.saw, seen.found_at, seen.holds) == (truth, saw, found_at, truth == "true")


def test_a_missing_attribute_holds_neither_negated_nor_not(explained: Explain) -> None:
    condition = {"attribute": "country", "op": "in", "values": ["IN"], "negate": True}

    for node in (condition, {"not": condition}):
        seen = only_condition(explained({}, rules=[{"id": "r1", "if": node, "serve": {"variant": "on"}}]))

        assert (seen.truth, seen.holds) == ("missing", False)


def test_a_not_goes_into_the_conditions_and_turns_their_group(explained: Explain) -> None:
    group = {"all": [{"attribute": "a", "op": "exists"}, {"segment": "staff"}]}
    rules = [{"id": "r1", "if": {"not": group}, "serve": {"variant": "on"}}]

    seen = only_condition(explained({"a": 1}, rules=rules, segments={"staff": {}}))

    assert isinstance(seen, Group)
    assert (seen.needs, seen.holds, seen.path) == ("any", True, "rules[0].if.not")
    exists, staff = seen.parts
    assert isinstance(exists, Comparison)
    assert (exists.path, exists.negate, exists.holds) == ("rules[0].if.not.all[0]", True, False)
    assert staff == Belonging("rules[0].if.not.all[1]", True, "staff", True)


def test_all_parts_of_a_group_are_judged_though_the_first_decides(explained: Explain) -> None:
    group = {"any": [{"attribute": "a", "op": "exists"}, {"attribute": "b", "op": "exists"}]}

    seen = only_condition(explained({"a": 1, "b": 2}, rules=[{"id": "r1", "if": group, "serve": {"variant": "on"}}]))

    assert [part.holds for part in seen.parts] == [True, True]


def test_the_clock_is_seen_as_now(explained: Explain) -> None:
    condition = {"attribute": "now", "op": "after", "values": ["2026-01-01T00:00:00Z"]}
    rules = [{"id": "r1", "if": condition, "serve": {"variant": "on"}}]

    seen = only_condition(explained({"now": "1999-01-01T00:00:00Z"}, rules=rules))

    assert (seen.saw, seen.found_at, seen.holds) == ("2026-11-21T10:00:00Z", ("now",), True)


@pytest.mark.parametrize(
    ("context", "belongs", "because"),
    [
        ({"targetingKey": "u1"}, True, "included"),
        ({"targetingKey": "u2"}, False, "excluded"),
        ({"targetingKey": "u3", "plan": "pro"}, True, "rule"),
        ({"targetingKey": "u3"}, False, "nothing"),
    ],
)
def test_a_segment_tells_by_what_somebody_belongs(
    explained: Explain, context: Document, belongs: bool, because: str
) -> None:
    staff = {"included": ["u1", "u2"], "excluded": ["u2"], "rules": [{"segment": "pro"}]}
    pro = {"rules": [{"attribute": "plan", "op": "in", "values": ["pro"]}]}
    rules = [{"id": "r1", "if": {"segment": "staff"}, "serve": {"variant": "on"}}]

    explanation = explained(context, rules=rules, segments={"staff": staff, "pro": pro})

    assert only_condition(explanation) == Belonging("rules[0].if", belongs, "staff", False)
    assert (explanation.segments["staff"].belongs, explanation.segments["staff"].because) == (belongs, because)
    assert ("pro" in explanation.segments) is (because in ("rule", "nothing"))


# Splits

HALVES = [["on", 0, 50_000], ["off", 50_000, 100_000]]


def test_a_draw_tells_bucket_key_salt_and_range(explained: Explain) -> None:
    explanation = explained({"targetingKey": "user-1"}, salt="salt", fallthrough={"split": {"ranges": HALVES}})

    draw = explanation.steps[-1].draw
    assert draw is not None
    assert (draw.by, draw.key, draw.salt, draw.bucket) == ("targetingKey", "user-1", "salt", 42_069)
    assert draw.drawn == ("on", 0, 50_000)
    assert draw.ranges == (("on", 0, 50_000), ("off", 50_000, 100_000))


def test_without_a_key_nothing_is_drawn(explained: Explain) -> None:
    explanation = explained({"company": ""}, fallthrough={"split": {"by": "company", "ranges": HALVES}})

    draw = explanation.steps[-1].draw
    assert draw is not None
    assert (draw.by, draw.key, draw.bucket, draw.drawn) == ("company", None, None, None)
    assert explanation.answer.error_code == "TARGETING_KEY_MISSING"


def test_who_falls_into_a_null_range_is_passed_on(explained: Explain) -> None:
    split = {"split": {"salt": "salt", "ranges": [["on", 0, 10_000], [None, 10_000, 100_000]]}}

    explanation = explained({"targetingKey": "user-1"}, rules=[{"id": "r1", "serve": split}])

    assert results(explanation)[1:] == [("r1", "passed_on"), ("fallthrough", "decided")]
    assert explanation.steps[1].draw is not None
    assert explanation.steps[1].draw.drawn == (None, 10_000, 100_000)


def test_a_split_of_one_variant_draws_nothing(explained: Explain) -> None:
    explanation = explained({}, fallthrough={"split": {"ranges": [["on", 0, 100_000]]}})

    assert explanation.steps[-1] == Step("fallthrough", "fallthrough", result="decided", variant="on")


# What cannot be read


def test_an_unreadable_definition_tells_where_it_breaks(explained: Explain) -> None:
    sound = {"attribute": "a", "op": "exists"}
    rule = {"id": "r1", "if": {"all": [sound, {**sound, "op": "near"}]}, "serve": {"variant": "on"}}

    explanation = explained({}, rules=[rule])

    assert explanation.answer.error_code == "PARSE_ERROR"
    assert [(step.kind, step.result) for step in explanation.steps] == [("unreadable", "decided")]
    assert [fault.path for fault in explanation.steps[0].faults] == ["rules[0].if.all[1].op"]


def test_a_missing_segment_is_told_by_the_answer_alone(explained: Explain) -> None:
    explanation = explained({}, rules=[{"id": "r1", "if": {"segment": "gone"}, "serve": {"variant": "on"}}])

    assert explanation.steps == (Step("unreadable", result="decided"),)
    assert 'the segment "gone" is missing' in str(explanation.answer.error_details)
