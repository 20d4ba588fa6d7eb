"""Deltas lead from one manifest to another, or say that they do not."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.core import delta as deltas
from evaluation.core.canonical import canonical, checksum
from evaluation.core.delta import DeltaMismatch, apply, diff, leads_to

Document = dict[str, Any]
Manifest = Callable[..., Document]

VALUES = st.booleans() | st.integers(0, 1) | st.floats(0, 1) | st.text(max_size=2)
PARTS = st.dictionaries(st.sampled_from("abcdef"), st.dictionaries(st.sampled_from("xyz"), VALUES, max_size=2))


def manifest_at(version: int, flags: Document, segments: Document) -> Document:
    issued = f"2026-11-21T10:00:{version:02d}Z"
    return {"format": 1, "environment": "e", "version": version, "issued": issued, "flags": flags, "segments": segments}


MANIFESTS = st.builds(manifest_at, st.integers(1, 59), PARTS, PARTS)


@given(MANIFESTS, MANIFESTS)
def test_a_delta_leads_to_the_same_bytes(before: Document, after: Document) -> None:
    held = deepcopy(before)

    delta = json.loads(canonical(diff(before, after)))

    assert canonical(apply(before, delta)) == canonical(after)
    assert before == held


def test_a_delta_holds_only_what_changed(manifest: Manifest) -> None:
    before = manifest({"a": {"x": 1}, "b": {"x": 1}, "gone": {}}, {"s": {"x": 1}, "t": {}})
    after = manifest({"a": {"x": 1}, "b": {"x": 2}, "new": {}}, {"s": {"x": 1}}, version=5, issued="later")

    delta = diff(before, after)

    assert delta == {
        "format": 1,
        "environment": "env",
        "from": 1,
        "to": 5,
        "issued": "later",
        "flags": {"b": {"x": 2}, "new": {}},
        "removed_flags": ["gone"],
        "segments": {},
        "removed_segments": ["t"],
        "checksum": checksum(canonical(after)),
    }


def test_true_and_1_are_a_change(manifest: Manifest) -> None:
    before, after = manifest({"a": {"x": 1}}), manifest({"a": {"x": True}}, version=2)

    assert diff(before, after)["flags"] == {"a": {"x": True}}


def test_10_and_10_point_0_are_no_change(manifest: Manifest) -> None:
    before, after = manifest({"a": {"x": 10}}), manifest({"a": {"x": 10.0}}, version=2)

    assert diff(before, after)["flags"] == {}


@pytest.mark.parametrize(
    "damage",
    [
        {"from": 7},
        {"environment": "other"},
        {"format": 2},
        {"checksum": "sha256:00"},
        {"to": 3},
        {"flags": {}},
        {"flags": None},
        {"flags": {"a": float("nan")}},
        {"removed_flags": [{}]},
        {"removed_flags": ["same"]},
        {"segments": []},
    ],
)
def test_a_delta_that_does_not_fit_is_refused(manifest: Manifest, damage: Document) -> None:
    before, after = manifest({"a": {}, "same": {}}), manifest({"a": {"x": 2}, "same": {}}, version=2)
    delta = diff(before, after) | damage

    with pytest.raises(DeltaMismatch):
        apply(before, delta)


def test_what_was_read_from_canonical_bytes_is_not_sorted_anew(
    manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = manifest({"b": {"x": 1}}), manifest({"a": {"x": 2}, "b": {"x": 1}, "c": {}}, version=2)
    read, expected = json.loads(canonical(before)), canonical(after)
    delta = json.loads(canonical(diff(before, after)))
    monkeypatch.setattr(deltas, "canonical", None)

    assert leads_to(read, delta)[1] == expected


def test_what_python_writes_otherwise_is_written_canonically(manifest: Manifest) -> None:
    before, after = manifest({"b": {"x": 1e-7}}), manifest({"b": {"x": 1e-7}, "ä": {}, "😀": {}, "ﬀ": {}}, version=2)
    delta = json.loads(canonical(diff(before, after)))

    assert leads_to(before, delta)[1] == canonical(after)


@pytest.mark.parametrize(
    "member", ["to", "issued", "flags", "removed_flags", "segments", "removed_segments", "checksum"]
)
def test_a_delta_without_a_member_is_refused(manifest: Manifest, member: str) -> None:
    before, after = manifest({"a": {"x": 1}}), manifest({"a": {"x": 2}}, version=2)
    delta = {name: value for name, value in diff(before, after).items() if name != member}

    with pytest.raises(DeltaMismatch):
        apply(before, delta)


def test_two_environments_have_no_delta(manifest: Manifest) -> None:
    with pytest.raises(DeltaMismatch):
        diff(manifest({}), manifest({}, environment="other"))
