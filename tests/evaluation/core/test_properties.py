"""What holds for every context, every body and every condition."""

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluation.core.canonical import canonical
from evaluation.core.context import context_from
from evaluation.core.evaluate import evaluate, evaluate_all
from evaluation.core.manifest import InvalidManifest, read_manifest, ruleset_from
from evaluation.core.operators import ALIASES, OPERATORS
from evaluation.core.parse import parse_config, parse_segment, parse_variants
from evaluation.core.values import Fault, InvalidDefinition
from evaluation.core.variants import VALUE_TYPES

Document = dict[str, Any]
NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
VARIANTS = ["on", "off"]

# A small world, so that conditions and contexts meet often.
NUMBERS = [0, 1, 7, -7, 1.0, 1.5, -0.0, 2**53 - 1, 2**53, 1e300, float("nan"), float("inf"), 10**400]
TEXTS = ["", "a", "A", "abc", "7", "01", "1e3", "1.2.3", "v2.0.0-rc.1", "10.0.0.1", "::1", "fe80::1%eth0", "user-1"]
ODD_TEXTS = ["2026-11-21T10:00:00Z", "2026-11-20T10:00:00.5+05:30", "2016-12-31T23:59:60Z", "\ud800", "\0", "ß"]
SCALARS = st.sampled_from([None, True, False, *NUMBERS, *TEXTS, *ODD_TEXTS])
ANYTHING = st.recursive(
    SCALARS | st.text(max_size=3) | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from(["a", "b", "a.b", "a.b.c", "targetingKey", "plan"])
CONTEXTS = st.dictionaries(st.sampled_from(["a", "b", "a.b", "targetingKey", "plan", "now", "user_id"]), ANYTHING)

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "in": st.sampled_from([True, False, 0, 1, 7, 1.5, "", "a", "7", "abc", "ß"]),
    "contains": st.sampled_from(["a", "b", "ss"]),
    "matches": st.sampled_from(["a", "^A", "[0-9]+", ".", "ß"]),
    "gt": st.sampled_from([0, 1.5, -7, 2**53 - 1]),
    "before": st.sampled_from(["2026-11-21T10:00:00Z", 0, "-1d", "+2w"]),
    "semver_eq": st.sampled_from(["1.2.3", "v2", "2.0.0-rc.1"]),
    "semver_range": st.sampled_from(["^1.2", ">=1 <2", "~1.2.3"]),
    "cidr": st.sampled_from(["10.0.0.0/8", "::/0", "127.0.0.1"]),
}
KIN = {"starts_with": "contains", "ends_with": "contains", "has_all": "in", "after": "before"}
KIN |= dict.fromkeys(("gte", "lt", "lte"), "gt") | {
    op: "semver_eq" for op in OPERATORS if op.startswith("semver_") and op not in VALUES
}


def values_for(op: str) -> st.SearchStrategy[list[Any]]:
    if op == "exists":
        return st.just([])
    if op == "mod":
        return st.sampled_from([[5, 3], [1, 0], [2, 1]])
    return st.lists(VALUES[KIN.get(op, op)], min_size=1, max_size=3)


@st.composite
def conditions(draw: st.DrawFn) -> Document:
    op = draw(st.sampled_from(sorted(OPERATORS)))
    attribute = "now" if OPERATORS[op].timed and draw(st.booleans()) else draw(NAMES)
    node: Document = {"attribute": attribute, "op": op, "values": draw(values_for(op))}
    if draw(st.booleans()):
        node["negate"] = draw(st.booleans())
    if OPERATORS[op].folds and draw(st.booleans()):
        node["ignore_case"] = draw(st.booleans())
    return node


LEAVES = conditions() | st.just({"segment": "staff"})
NODES = st.recursive(
    LEAVES,
    lambda inner: (
        st.fixed_dictionaries({"all": st.lists(inner, max_size=3)})
        | st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)})
        | st.fixed_dictionaries({"not": inner})
    ),
    max_leaves=5,
)
SEGMENTS = {"staff": {"included": ["user-1"], "excluded": ["7"], "rules": [{"attribute": "a", "op": "exists"}]}}


def depth(node: Document) -> int:
    children = [node["not"]] if "not" in node else node.get("all", []) + node.get("any", [])
    return 1 + max((depth(child) for child in children), default=0) if {"not", "all", "any"} & node.keys() else 0


def holding(node: Document) -> Callable[[Document], bool]:
    """Whether the condition holds, asked through a flag with this one rule."""
    flag = {
        "type": "boolean",
        "variants": {"on": True, "off": False},
        "enabled": True,
        "fallthrough": {"variant": "off"},
    }
    rules = [{"id": "r1", "if": node, "serve": {"variant": "on"}}]
    manifest = {
        "format": 1,
        "environment": "e",
        "version": 1,
        "flags": {"a": {**flag, "rules": rules}},
        "segments": SEGMENTS,
    }
    ruleset = ruleset_from(manifest)
    assert not ruleset.unreadable
    return lambda context: evaluate(ruleset, "a", context_from(context), NOW).variant == "on"


def pushed_down(node: Document, negate: bool = False) -> Document:
    """The same condition with every `not` pushed down by hand; a segment keeps its own."""
    if "not" in node:
        return pushed_down(node["not"], not negate)
    for group, other in (("all", "any"), ("any", "all")):
        if group in node:
            parts = [pushed_down(part, negate) for part in node[group]]
            return {other if negate else group: parts} if parts or not negate else NOBODY
    if "segment" in node:
        return {"not": node} if negate else node
    return {**node, "negate": node.get("negate", False) is not negate}


NOBODY = {"all": [{"attribute": "a", "op": "exists"}, {"attribute": "a", "op": "exists", "negate": True}]}


@given(NODES.filter(lambda node: depth(node) < 9), CONTEXTS)
def test_not_agrees_with_pushing_it_down(node: Document, context: Document) -> None:
    negated = {"not": node}

    assert holding(negated)(context) is holding(pushed_down(negated))(context)


@given(conditions(), CONTEXTS)
def test_a_condition_and_its_negation_never_both_hold(node: Document, context: Document) -> None:
    assert not (holding(node)(context) and holding({"not": node})(context))


@st.composite
def serves(draw: st.DrawFn, *, may_go_on: bool) -> Document:
    if draw(st.booleans()):
        return {"variant": draw(st.sampled_from(VARIANTS))}
    first = draw(st.integers(0, 100_000)) / 1_000
    names = draw(st.permutations([*VARIANTS, "null"] if may_go_on else VARIANTS))
    rest = round(100 - first, 3)
    split: Document = {"weights": {names[0]: first, names[1]: rest}}
    if draw(st.booleans()):
        split["by"] = draw(NAMES)
    if draw(st.booleans()):
        split["salt"] = draw(st.sampled_from(["x", "ü"]))
    return {"split": split}


def rules() -> st.SearchStrategy[list[Document]]:
    rule = st.fixed_dictionaries(
        {"serve": serves(may_go_on=True)},
        optional={"if": NODES.filter(lambda node: depth(node) < 10), "name": st.just("Name")},
    )
    return st.lists(rule, max_size=3)


BODIES = st.fixed_dictionaries(
    {},
    optional={
        "enabled": st.booleans(),
        "off": st.sampled_from([None, *VARIANTS]),
        "prerequisites": st.none()
        | st.just({"flag": "core", "variants": ["on"]})
        | NODES.filter(lambda node: depth(node) < 10),
        "targets": st.just([{"variant": "on", "values": ["user-1", 7]}]),
        "rules": rules(),
        "fallthrough": st.none() | serves(may_go_on=False),
    },
)


def laid_out(serve: Document) -> Document:
    """The serve with its weights as ranges, side by side."""
    if "split" not in serve:
        return serve
    ranges, start = [], 0
    for name, weight in serve["split"]["weights"].items():
        end = start + round(weight * 1_000)
        if end > start:
            ranges.append([None if name == "null" else name, start, end])
        start = end
    return {"split": {**serve["split"], "ranges": ranges}}


def compiled(config: Document) -> Document:
    laid = {
        **config,
        "rules": [{**rule, "serve": laid_out(rule["serve"])} for rule in config["rules"]],
        "fallthrough": config["fallthrough"] and laid_out(config["fallthrough"]),
    }
    flag = {
        "type": "boolean",
        "variants": {"on": True, "off": False},
        "salt": "s",
        "client_visible": True,
        "version": 1,
        **laid,
    }
    core = {**flag, "enabled": True, "prerequisites": None, "rules": [], "fallthrough": {"variant": "on"}}
    return {
        "format": 1,
        "environment": "e",
        "version": 1,
        "issued": "",
        "flags": {"a": flag, "core": core},
        "segments": SEGMENTS,
    }


@given(BODIES, CONTEXTS)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_parsed_config_always_compiles_and_evaluation_never_raises(body: Document, context: Document) -> None:
    config = parse_config(body, variants=VARIANTS)

    ruleset = read_manifest(canonical(compiled(config)))
    answers = evaluate_all(ruleset, context_from(context), NOW)

    assert not ruleset.unreadable
    assert [answer.key for answer in answers] == ["a", "core"]
    assert evaluate(ruleset, "a", context_from(context), NOW) is answers[0]


@given(BODIES)
def test_parsing_twice_changes_nothing(body: Document) -> None:
    config = parse_config(body, variants=VARIANTS)

    assert parse_config(config, variants=VARIANTS) == config
    assert parse_config(json.loads(json.dumps(config)), variants=VARIANTS) == config


STATE = ["enabled", "off", "prerequisites", "targets", "rules", "fallthrough", "included", "excluded"]
RULE = ["id", "name", "if", "serve", "variant", "values", "split", "by", "salt", "weights", "ranges", "on", "null", "x"]
NODE = ["all", "any", "not", "segment", "flag", "variants", "attribute", "op", "negate", "ignore_case"]
MEMBERS = st.sampled_from([*STATE, *RULE, *NODE])
WORDS = st.sampled_from(["on", "off", "now", "a", "targetingKey", "equls", *OPERATORS, *ALIASES])
BODYLIKE = st.recursive(
    SCALARS | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(MEMBERS, inner, max_size=6),
    max_leaves=25,
)


@st.composite
def damaged(draw: st.DrawFn) -> object:
    """A good body with one thing in it replaced by anything."""
    body: Any = deepcopy({"rules": [], **draw(BODIES)})
    place: Any = body
    while isinstance(place, dict | list) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = draw(st.sampled_from(keys))
        if draw(st.booleans()) or not isinstance(place[key], dict | list):
            place[key] = draw(BODYLIKE)
            break
        place = place[key]
    return body


@given(BODYLIKE | damaged())
@settings(max_examples=400)
def test_any_body_is_parsed_or_refused(body: object) -> None:
    told = [*faults_of(parse_config, body, variants=VARIANTS), *faults_of(parse_segment, body)]

    assert len(told) <= 100  # fifty each
    canonical([[fault.path, fault.message] for fault in told])  # whatever was in the body, this can be sent to anybody


def faults_of(parse: Callable[..., Document], body: object, **known: object) -> tuple[Fault, ...]:
    try:
        parse(body, **known)
    except InvalidDefinition as refusal:
        return refusal.faults
    return ()


@given(st.sampled_from([*VALUE_TYPES, "x"]), BODYLIKE)
def test_any_variants_are_parsed_or_refused(value_type: str, variants: object) -> None:
    try:
        parsed = parse_variants(value_type, variants)
    except InvalidDefinition:
        return
    canonical(parsed)
    assert parse_variants(value_type, parsed) == parsed


@given(st.dictionaries(st.sampled_from("ab"), BODYLIKE), st.dictionaries(st.sampled_from("ab"), BODYLIKE), CONTEXTS)
def test_any_flags_and_segments_are_read_and_answer(flags: Document, segments: Document, context: Document) -> None:
    whole = {"type": "boolean", "variants": {"on": True, "off": False}, "salt": "s", "enabled": True}
    documents = {key: {**whole, **flag} if isinstance(flag, dict) else flag for key, flag in flags.items()}

    ruleset = ruleset_from({"format": 1, "environment": "e", "version": 1, "flags": documents, "segments": segments})

    for answer in evaluate_all(ruleset, context_from(context), NOW):
        assert (answer.reason is None) is (answer.error_code is not None)


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_a_manifest_or_refused(content: bytes) -> None:
    with pytest.raises(InvalidManifest):
        read_manifest(content)
