"""Which environment changed a part since both had the same there."""

from datetime import UTC, datetime
from typing import Any

from flags.agreement import Agreement, Version, agreement

DEFAULT: dict[str, Any] = {
    "enabled": False,
    "prerequisites": None,
    "targets": [],
    "rules": [],
    "fallthrough": {"variant": "on"},
    "off": "off",
}
BEGINNING = Version(None, DEFAULT)


def at(hour: int) -> datetime:
    return datetime(2026, 11, 21, hour, tzinfo=UTC)


def version(hour: int, **members: Any) -> Version:
    return Version(at(hour), DEFAULT | members)


def test_what_only_the_source_changed_is_its_own() -> None:
    found = agreement("off", [version(10, off="on"), BEGINNING], [version(9, enabled=True), BEGINNING])

    assert (found.since, found.at) == ("source", at(10))


def test_what_only_the_target_changed_is_the_targets() -> None:
    found = agreement("enabled", [version(10, off="on"), BEGINNING], [version(9, enabled=True), BEGINNING])

    assert (found.since, found.at) == ("target", at(9))


def test_what_both_changed_since_they_were_the_same_is_told_as_both() -> None:
    found = agreement("off", [version(12, off=None), BEGINNING], [version(11, off="on"), BEGINNING])

    assert (found.since, found.at) == ("both", at(11))


def test_the_newest_moment_at_which_both_were_the_same_counts() -> None:
    source = [version(12, off=None), version(10, off="on"), BEGINNING]
    target = [version(11, off="on"), BEGINNING]

    found = agreement("off", source, target)

    assert found == Agreement("source", at(12), DEFAULT | {"off": "on"})


def test_having_had_the_same_at_different_times_is_no_agreement() -> None:
    source = [version(14, off=None), version(9, off="on"), version(8, off=None)]
    target = [version(13, off="on"), version(7, off="off")]

    assert agreement("off", source, target).since == "source"
    assert agreement("off", source[:1] + source[2:], target).since == "unknown"


def test_what_lies_too_far_back_is_unknown() -> None:
    assert agreement("off", [version(12, off=None)], [version(11, off="on")]) == Agreement("unknown")
