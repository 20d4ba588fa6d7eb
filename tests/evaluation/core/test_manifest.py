"""Reading manifests: all of one or nothing, and no flag spoils another."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

import pytest

from evaluation.core.canonical import canonical
from evaluation.core.context import context_from
from evaluation.core.evaluate import evaluate, evaluate_all
from evaluation.core.manifest import InvalidManifest, read_manifest, ruleset_from
from evaluation.core.model import MISSING, Ruleset

Document = dict[str, Any]
Build = Callable[..., Any]

SINCE = {"attribute": "signup", "op": "after", "values": ["2026-01-01T00:00:00Z"]}


def rule(condition: object) -> Document:
    return {"id": "r1", "if": condition, "serve": {"variant": "on"}}


def test_a_ruleset_knows_where_it_comes_from(manifest: Build, flag: Build) -> None:
    ruleset = read_manifest(canonical(manifest({"b": flag(), "a": flag()}, version=42)))

    assert (ruleset.environment, ruleset.version, ruleset.issued) == ("env", 42, "2026-11-21T10:00:00Z")
    assert [each.key for each in ruleset.ordered] == ["a", "b"]
    assert not ruleset.unreadable


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ({"format": 2}, "the format 2 is not known here"),
        ({"format": True}, "the format true is not known here"),
        ({"format": None}, "the format null is not known here"),
        ({"environment": 5}, "environment is 5, not a string"),
        ({"version": "1"}, 'version is "1", not an integer'),
        ({"version": True}, "version is true, not an integer"),
        ({"flags": []}, "flags is a list, not an object"),
        ({"segments": []}, "segments is a list, not an object"),
    ],
)
def test_what_is_no_manifest_is_refused(manifest: Build, damage: Document, message: str) -> None:
    with pytest.raises(InvalidManifest) as refusal:
        read_manifest(canonical(manifest({}) | damage))

    assert message in str(refusal.value)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"format": 1, "format": 1}', b"\xff", b"null"])
def test_bytes_that_are_no_manifest_are_refused(content: bytes) -> None:
    with pytest.raises(InvalidManifest):
        read_manifest(content)


def test_unknown_members_of_a_manifest_are_ignored(manifest: Build, flag: Build) -> None:
    assert read_manifest(canonical(manifest({"a": flag()}, region="eu"))).flags.keys() == {"a"}


def test_an_unreadable_flag_says_why(manifest: Build, flag: Build, now: datetime) -> None:
    broken = flag(rules=[rule({"attribute": "p", "op": "resembles", "values": [1]})], version=7)

    ruleset = ruleset_from(manifest({"a": broken, "b": flag()}))
    answer = evaluate(ruleset, "a", context_from({}), now)

    assert ruleset.unreadable == {"a": 'rule r1: the operator "resembles" is not known here'}
    assert answer.error_details == ruleset.unreadable["a"]
    assert (answer.version, answer.value_type, answer.value, answer.reason) == (7, "boolean", MISSING, None)


@pytest.mark.parametrize("garbage", [None, 5, "flag", [], {}, {"type": []}, {"type": "boolean", "variants": 5}])
def test_a_flag_that_is_garbage_answers_parse_error(
    manifest: Build, flag: Build, now: datetime, garbage: object
) -> None:
    ruleset = ruleset_from(manifest({"a": garbage, "b": flag()}))

    codes = {answer.key: answer.error_code for answer in evaluate_all(ruleset, context_from({}), now)}

    assert codes == {"a": "PARSE_ERROR", "b": None}


MEMBERS = [
    "variants",
    "metadata",
    "enabled",
    "off",
    "prerequisites",
    "targets",
    "rules",
    "fallthrough",
    "client_visible",
]


@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize("garbage", [5, "x", [5], {"x": [{}]}])
def test_a_member_that_is_garbage_makes_the_flag_unreadable(
    manifest: Build, flag: Build, now: datetime, member: str, garbage: object
) -> None:
    ruleset = ruleset_from(manifest({"a": flag(**{member: garbage})}))

    assert evaluate(ruleset, "a", context_from({}), now).error_code == "PARSE_ERROR"


def test_a_salt_is_needed_only_for_a_split(manifest: Build, flag: Build, now: datetime) -> None:
    ranges = {"split": {"ranges": [["on", 0, 50_000], ["off", 50_000, 100_000]]}}
    flags = {"plain": flag(salt=None), "split": flag(salt=None, fallthrough=ranges)}

    ruleset = ruleset_from(manifest(flags))

    assert ruleset.unreadable == {"split": "a split has no salt"}


def test_missing_members_of_a_flag_mean_the_defaults(manifest: Build, now: datetime) -> None:
    ruleset = ruleset_from(manifest({"a": {"type": "string", "variants": {"x": "y"}}}))

    answer = evaluate(ruleset, "a", context_from({}), now)

    assert (answer.reason, answer.variant, answer.version, answer.metadata) == ("DISABLED", "", 0, {})
    assert evaluate(ruleset, "a", context_from({}), now, client=True).error_code == "FLAG_NOT_FOUND"


def test_values_come_back_as_their_type(manifest: Build, flag: Build, now: datetime) -> None:
    double = flag(type="double", variants={"on": 10.0}, off=None, fallthrough={"variant": "on"})

    ruleset = read_manifest(canonical(manifest({"a": double})))
    value = evaluate(ruleset, "a", context_from({}), now).value

    assert (value, type(value)) == (10.0, float)


def test_a_chain_of_ten_prerequisites_is_read_and_eleven_are_not(manifest: Build, flag: Build, now: datetime) -> None:
    def needs(key: str) -> Document:
        return {"flag": key, "variants": ["on"]}

    on = {"fallthrough": {"variant": "on"}}
    flags = {"f00": flag(**on)} | {f"f{n:02d}": flag(**on, prerequisites=needs(f"f{n - 1:02d}")) for n in range(1, 13)}

    ruleset = ruleset_from(manifest(flags))

    assert evaluate(ruleset, "f10", context_from({}), now).variant == "on"
    assert ruleset.unreadable.keys() == {"f11", "f12"}


def test_long_chains_and_circles_do_not_exhaust_the_stack(manifest: Build, flag: Build, now: datetime) -> None:
    segments = {f"s{n}": {"rules": [{"segment": f"s{n + 1}"}]} for n in range(3_000)} | {"s3000": {"included": ["ann"]}}
    circle = {f"c{n}": flag(prerequisites={"flag": f"c{(n + 1) % 3_000}", "variants": ["on"]}) for n in range(3_000)}

    ruleset = ruleset_from(manifest({**circle, "a": flag(rules=[rule({"segment": "s0"})])}, segments))

    assert len(ruleset.unreadable) == 3_001
    assert ruleset.segments.keys() == {f"s{n}" for n in range(2_990, 3_001)}


@pytest.mark.parametrize(
    ("condition", "reads_clock"),
    [
        (SINCE, False),
        ({"attribute": "now", "op": "after", "values": ["2026-01-01T00:00:00Z"]}, True),
        ({"not": {"any": [{"attribute": "signup", "op": "after", "values": ["-7d"]}]}}, True),
        ({"segment": "fresh"}, True),
    ],
)
def test_a_ruleset_says_whether_it_reads_the_clock(
    manifest: Build, flag: Build, condition: Document, reads_clock: bool
) -> None:
    segments = {"fresh": {"rules": [{"attribute": "signup", "op": "after", "values": ["-7d"]}]}}

    ruleset = ruleset_from(manifest({"a": flag(rules=[rule(condition)])}, segments))

    assert ruleset.reads_clock is reads_clock
    assert ruleset.segments.keys() == {"fresh"}


# Reading the next version


@pytest.fixture
def versions(manifest: Build) -> Callable[..., tuple[Ruleset, Ruleset]]:
    """Two manifests of flags and segments, the second read after the first."""

    def read(before: tuple[Document, Document], after: tuple[Document, Document]) -> tuple[Ruleset, Ruleset]:
        first = read_manifest(canonical(manifest(*before)))
        return first, read_manifest(canonical(manifest(*after, version=2)), before=first)

    return read


STAFF = {"included": ["ann"], "excluded": [], "rules": [], "version": 1}


def test_a_flag_that_did_not_change_is_taken_over_as_it_is(versions: Build, flag: Build, now: datetime) -> None:
    flags = {"a": flag(rules=[rule(SINCE)]), "b": flag(), "ü": flag(metadata={"team": "ü"})}

    before, after = versions((flags, {"staff": STAFF}), ({**flags, "b": flag(version=2)}, {"staff": STAFF}))

    kept = {key: after.flags[key] is before.flags[key] for key in flags}
    assert kept == {"a": True, "b": False, "ü": True}
    assert after.segments["staff"] is before.segments["staff"]
    assert (after.version, evaluate(after, "b", context_from({}), now).version) == (2, 2)


def test_a_flag_that_begins_like_the_one_before_is_another(versions: Build, flag: Build) -> None:
    before, after = versions(({"a": flag(version=1)}, {}), ({"a": flag(version=12)}, {}))

    assert (before.flags["a"].version, after.flags["a"].version) == (1, 12)


def test_a_flag_that_was_removed_or_renamed_is_not_taken_over(versions: Build, flag: Build) -> None:
    before, after = versions(({"a": flag(), "b": flag()}, {}), ({"b": flag(), "c": flag()}, {}))

    assert after.flags.keys() == {"b", "c"}
    assert after.flags["c"].key == "c"
    assert after.flags["b"] is before.flags["b"]


def test_a_flag_that_was_taken_over_sees_the_segment_change(versions: Build, flag: Build, now: datetime) -> None:
    flags = {"a": flag(rules=[rule({"segment": "staff"})])}

    before, after = versions((flags, {"staff": STAFF}), (flags, {"staff": {**STAFF, "included": ["bob"]}}))

    assert after.flags["a"] is before.flags["a"]
    assert [serves_ann(each, "a", now) for each in (before, after)] == ["on", "off"]


def test_a_flag_that_was_taken_over_sees_its_prerequisite_change(versions: Build, flag: Build, now: datetime) -> None:
    child = flag(prerequisites={"flag": "parent", "variants": ["on"]}, fallthrough={"variant": "on"})
    parent = flag(fallthrough={"variant": "on"})

    before, after = versions(
        ({"child": child, "parent": parent}, {}), ({"child": child, "parent": {**parent, "enabled": False}}, {})
    )

    assert after.flags["child"] is before.flags["child"]
    assert [serves_ann(each, "child", now) for each in (before, after)] == ["on", "off"]


def test_a_flag_becomes_unreadable_and_readable_with_its_segment(versions: Build, flag: Build, now: datetime) -> None:
    flags = {"a": flag(rules=[rule({"segment": "staff"})])}

    lost = versions((flags, {"staff": STAFF}), (flags, {}))[1]
    found = versions((flags, {}), (flags, {"staff": STAFF}))[1]

    assert lost.unreadable == {"a": 'rule r1: the segment "staff" is missing'}
    assert not found.unreadable
    assert serves_ann(found, "a", now) == "on"


def test_a_flag_becomes_unreadable_with_a_circle_that_another_closes(versions: Build, flag: Build) -> None:
    def asks(key: str) -> Document:
        return cast(Document, flag(prerequisites={"flag": key, "variants": ["on"]}))

    before, after = versions(({"a": asks("b"), "b": flag()}, {}), ({"a": asks("b"), "b": asks("a")}, {}))

    assert not before.unreadable
    assert after.unreadable.keys() == {"a", "b"}


def serves_ann(ruleset: Ruleset, key: str, now: datetime) -> str:
    return evaluate(ruleset, key, context_from({"targetingKey": "ann"}), now).variant


def test_a_manifest_with_blanks_everywhere_is_read_like_any_other(manifest: Build, flag: Build) -> None:
    document = manifest({"a": flag(), "b": flag(version=3)}, {"staff": STAFF})
    spaced = json.dumps(document, indent=2).encode().replace(b"\n", b" \r\n\t")

    before = read_manifest(canonical(document))
    after = read_manifest(spaced, before=before)

    assert after.flags.keys() == before.flags.keys()
    assert after.flags["b"].version == 3


@pytest.mark.parametrize(
    "content",
    [
        b'{"flags": {"a": {}, "a": {}}}',
        b'{"flags": {"a": {}',
        b'{"flags": {"a" {}}}',
        b'{"flags": {"a": {},}}',
        b'{"flags": {5: {}}}',
        b'{"flags": {"a": {} "b": {}}}',
        b'{"flags": {"a": 1e999}}',
        b'{"flags": {"a": %b}}' % (b"[" * 65 + b"]" * 65),
        b'{"format": 1} x',
    ],
)
def test_a_manifest_that_is_no_strict_json_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidManifest):
        read_manifest(content)
