"""Flags of one shape share their code; whatever has none decides all the same."""

import gc
import linecache
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import product
from threading import Barrier
from typing import Any

import pytest

from evaluation.core.bucketing import bucket, first_hash, hash32, salt_prefix
from evaluation.core.canonical import canonical
from evaluation.core.compile import shapes
from evaluation.core.compile.code import MOST_OBJECTS
from evaluation.core.compile.shapes import MOST_SHAPES, shaped
from evaluation.core.context import context_from
from evaluation.core.deciding import decide
from evaluation.core.evaluate import evaluate, evaluate_all
from evaluation.core.manifest import read_manifest
from evaluation.core.model import Ruleset, Scope, Shape

Document = dict[str, Any]
Build = Callable[..., Document]
Read = Callable[..., Ruleset]
EVIL = 'x"); raise SystemExit("\n\\\'\u2028{0} c0'
PLAIN = shapes._PLAIN


def is_in(*values: object, attribute: str = "plan", **members: object) -> Document:
    return {"attribute": attribute, "op": "in", "values": list(values), **members}


def rule(condition: Document, variant: str = "on", name: str = "r1") -> Document:
    return {"id": name, "if": condition, "serve": {"variant": variant}}


def share(salt: str = "s") -> Document:
    return {"split": {"by": "targetingKey", "salt": salt, "ranges": [["on", 0, 50_000], ["off", 50_000, 100_000]]}}


def shape_of(ruleset: Ruleset, key: str) -> Shape:
    return shaped(ruleset.flags[key])[0]


def text_of(shape: Shape) -> str:
    return "".join(linecache.getlines(shape.one.__code__.co_filename))


def test_flags_that_differ_in_data_alone_share_their_code(ruleset: Read, flag: Build) -> None:
    rules = ruleset(
        {
            "a": flag(rules=[rule(is_in("pro", "team")), rule(is_in("LV", attribute="country"))], fallthrough=share()),
            "b": flag(rules=[rule(is_in(7), "off"), rule(is_in(attribute="x"), name="other")], fallthrough=share("t")),
        }
    )

    assert shape_of(rules, "a") is shape_of(rules, "b") is not PLAIN


@pytest.mark.parametrize(
    "other",
    [
        {"rules": [rule(is_in("pro", negate=True))]},
        {"rules": [rule({"attribute": "plan", "op": "exists"})]},
        {"rules": [{**rule(is_in("pro")), "serve": share()}]},
        {"rules": [rule(is_in("pro"))], "fallthrough": share()},
        {"rules": [rule(is_in("pro"))], "targets": [{"variant": "on", "values": ["u1"]}]},
        {"rules": [rule(is_in("pro"))], "prerequisites": {"flag": "a", "variants": ["on"]}},
    ],
)
def test_flags_that_decide_otherwise_do_not(ruleset: Read, flag: Build, other: Document) -> None:
    rules = ruleset({"a": flag(rules=[rule(is_in("pro"))]), "b": flag(**other)})

    assert shape_of(rules, "a") is not shape_of(rules, "b")


def test_nothing_of_a_document_comes_into_the_code(ruleset: Read, flag: Build, now: datetime) -> None:
    evil = rule(
        {"any": [is_in(EVIL, attribute=EVIL), {**is_in("1.0.0", attribute=f"{EVIL}.v"), "op": "semver_gt"}]}, name=EVIL
    )
    rules = ruleset({EVIL: flag(rules=[evil], fallthrough=share(EVIL)), "tame": flag(rules=[rule(is_in("pro"))])})

    found = evaluate(rules, EVIL, context_from({EVIL: EVIL}), now)

    assert (found.variant, found.metadata["rule"]) == ("on", EVIL)
    assert "raise" not in text_of(shape_of(rules, EVIL))
    assert text_of(shape_of(rules, EVIL)).isascii()


def test_a_traceback_finds_the_code(ruleset: Read, flag: Build) -> None:
    shape = shape_of(ruleset({"a": flag(rules=[rule(is_in("pro"))])}), "a")

    code = shape.many.__code__

    assert linecache.getline(code.co_filename, code.co_firstlineno) == "def many(scope, reads, rows, add):\n"


def test_code_that_no_flag_uses_any_more_is_let_go(ruleset: Read, flag: Build) -> None:
    parts = [is_in("pro"), is_in("x", negate=True), {"attribute": "a", "op": "exists"}]
    rules = ruleset({"a": flag(rules=[rule({"any": [{"all": parts}, *parts, *parts]})])})
    name = shape_of(rules, "a").one.__code__.co_filename
    assert name in linecache.cache

    del rules
    gc.collect()

    assert name not in linecache.cache


@pytest.mark.parametrize("too_many", [False, True])
def test_a_flag_of_many_objects_decides_without_code_of_its_own(
    ruleset: Read, flag: Build, now: datetime, too_many: bool
) -> None:
    most = (MOST_OBJECTS - 2) // 2  # two objects for each condition, beside two answers
    rules = ruleset({"a": flag(rules=[rule({"any": [is_in(f"p{number}") for number in range(most + too_many)]})])})

    found = [evaluate(rules, "a", context_from({"plan": plan}), now).variant for plan in ("p0", f"p{most - 1}", "p")]

    assert found == ["on", "on", "off"]
    assert [answer.variant for answer in evaluate_all(rules, context_from({"plan": "p0"}), now)] == ["on"]
    assert (shape_of(rules, "a") is PLAIN) is too_many


def test_a_flag_without_code_of_its_own_does_not_hold_itself(ruleset: Read, flag: Build) -> None:
    rules = ruleset({"a": flag(rules=[rule({"any": [is_in(f"p{number}") for number in range(MOST_OBJECTS)]})])})

    shape, _, row = shaped(rules.flags["a"])

    assert shape is PLAIN
    assert row[0] is not rules.flags["a"]


def test_who_has_the_first_hash_of_a_range_is_in_it(ruleset: Read, flag: Build, now: datetime) -> None:
    """One key in some forty thousand has the first hash of its bucket."""
    keys = (f"u{number}" for number in range(1_000_000))
    key = next(key for key in keys if hash32(salt_prefix("s") + key.encode()) == first_hash(bucket("s", key)))
    edge = bucket("s", key)
    ranges = [["off", 0, edge], ["on", edge, 100_000]]
    rules = ruleset({"a": flag(fallthrough={"split": {"salt": "s", "ranges": ranges}})})

    assert evaluate(rules, "a", context_from({"targetingKey": key}), now).variant == "on"


def many_shapes() -> Iterator[Document]:
    """A rule for each way to negate some of nine conditions."""
    for turned in product((False, True), repeat=9):
        yield rule({"all": [is_in(f"p{number}", negate=negate) for number, negate in enumerate(turned)]})


def test_so_many_shapes_have_code_and_all_others_decide_without(ruleset: Read, flag: Build, now: datetime) -> None:
    rules = ruleset({f"f{number:03}": flag(rules=[each]) for number, each in enumerate(many_shapes())})

    answers = evaluate_all(rules, context_from({"plan": "p3"}), now)

    # All conditions but the fourth must be negated.
    assert [answer.key for answer in answers if answer.variant == "on"] == ["f479"]
    assert len(shapes._shapes) <= MOST_SHAPES
    assert len({shape_of(rules, key) for key in rules.flags} - {PLAIN}) > MOST_SHAPES // 2
    assert PLAIN in {shape_of(rules, key) for key in rules.flags}


def test_a_published_change_leaves_the_code_of_other_flags(manifest: Build, flag: Build, now: datetime) -> None:
    def content(variant: str) -> bytes:
        return canonical(
            manifest({"a": flag(rules=[rule(is_in("pro"))]), "b": flag(rules=[rule(is_in("pro"), variant)])})
        )

    before = read_manifest(content("on"))
    evaluate_all(before, context_from({}), now)
    after = read_manifest(content("off"), before=before)

    assert after.flags["a"].shaped is before.flags["a"].shaped is not None
    assert after.flags["b"].shaped is None
    answers = evaluate_all(after, context_from({"plan": "pro"}), now)
    assert [answer.variant for answer in answers] == ["on", "off"]


def test_all_flags_stand_in_the_order_of_their_keys_whatever_their_shapes(
    ruleset: Read, flag: Build, now: datetime
) -> None:
    kinds = [flag(rules=[rule(is_in("pro"))]), flag(), flag(fallthrough=share()), flag(enabled=False)]
    rules = ruleset({f"f{number}": {**kinds[number % 4], "client_visible": number != 5} for number in range(9)})

    for client in (False, True):
        keys = [answer.key for answer in evaluate_all(rules, context_from({"targetingKey": "u1"}), now, client=client)]

        assert keys == [f"f{number}" for number in range(9) if number != 5 or not client]


def test_an_empty_ruleset_has_no_answers(ruleset: Read, now: datetime) -> None:
    assert evaluate_all(ruleset({}), context_from({}), now) == []


def test_threads_that_decide_a_flag_first_agree(ruleset: Read, flag: Build, now: datetime) -> None:
    context = context_from({"targetingKey": "u1", "plan": "pro"})
    for number in range(50):
        rules = ruleset({"a": flag(rules=[rule(is_in("pro"), "on", f"r{number}")]), "b": flag(fallthrough=share())})
        gate = Barrier(4)

        def ask(rules: Ruleset = rules, gate: Barrier = gate) -> list[int]:
            gate.wait()
            return [id(answer) for answer in evaluate_all(rules, context, now)]

        with ThreadPoolExecutor(4) as threads:
            found = [asked.result() for asked in [threads.submit(ask) for _ in range(4)]]

        expected = [id(decide(rules.flags[key], Scope(rules, context, now, False))) for key in ("a", "b")]
        assert found == [expected] * 4


def test_what_flags_have_in_common_is_one_object(ruleset: Read, flag: Build, now: datetime) -> None:
    rules = ruleset({key: flag(rules=[rule(is_in("pro", "team"))], fallthrough=share(key)) for key in ("a", "b")})

    answers = evaluate_all(rules, context_from({"plan": "team"}), now)
    rows = [shaped(rules.flags[key])[2] for key in ("a", "b")]

    assert answers[0].metadata is answers[1].metadata
    assert answers[0].metadata == {"rule": "r1"}
    shared = [type(mine) for mine, its in zip(*rows, strict=True) if mine is its]
    assert shared == [tuple, int]  # the values that are asked for, and where the first range ends
