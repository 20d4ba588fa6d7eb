"""What was seen of an attribute: counted, bounded, and close to the truth where it cannot be exact."""

from hashlib import sha256
from typing import Any

from analytics.attributes import seen
from analytics.attributes.seen import MOST_LEAST, MOST_VALUES, Seen

TODAY = 739_947


def hash_(value: object) -> str:
    return sha256(str(value).encode()).hexdigest()[:16]


def had(whole: Seen, value: object, *, times: int = 1, day: int = TODAY) -> None:
    for _ in range(times):
        seen.add(whole, kind="server", type_="string", token=seen.token_of(value), hash_=hash_(value), day=day)


def test_values_are_counted_and_the_most_frequent_comes_first() -> None:
    whole: Seen = {}
    had(whole, "free")
    had(whole, "premium", times=3)

    assert [(each.value, each.times, each.share) for each in seen.values(whole)] == [
        ("premium", 3, 0.75),
        ("free", 1, 0.25),
    ]
    assert (whole["contexts"], whole["types"], whole["kinds"]) == (4, {"string": 4}, {"server": 4})
    assert seen.distinct(whole) == 2
    assert seen.has_all_values(whole)


def test_what_was_only_counted_has_no_value() -> None:
    whole: Seen = {}
    seen.add(whole, kind="server", type_="string", token="#" + hash_("x"), hash_=hash_("x"), day=TODAY)

    [value] = seen.values(whole)

    assert (value.value, value.is_known, value.share) == (None, False, 1.0)


def test_what_was_not_told_has_no_value_at_all() -> None:
    whole: Seen = {}
    seen.add(whole, kind="client", type_="string", token=None, hash_=None, day=TODAY)

    assert (whole["contexts"], seen.values(whole), seen.distinct(whole)) == (1, [], 0)


def test_a_million_different_values_take_no_more_room_than_fifty() -> None:
    whole: Seen = {}
    for number in range(5_000):
        had(whole, f"user-{number}")
        if number % 4 == 0:
            had(whole, "often")

    assert len(whole["values"]) == MOST_VALUES
    assert len(whole["least"]) == MOST_LEAST
    assert not seen.has_all_values(whole)


def test_what_is_frequent_stays_and_its_count_is_within_its_bounds() -> None:
    whole: Seen = {}
    for number in range(2_000):
        had(whole, f"user-{number}")
        had(whole, "often")

    count, over, _ = whole["values"]['"often"']

    assert seen.values(whole)[0].value == "often"
    assert count - over <= 2_000 <= count


def test_the_number_of_different_values_is_estimated() -> None:
    whole: Seen = {}
    for number in range(3_000):
        had(whole, f"user-{number}")

    assert 0.6 < seen.distinct(whole) / 3_000 < 1.5


def test_values_that_nobody_has_any_more_are_left_out() -> None:
    whole: Seen = {}
    had(whole, "old", day=TODAY - 31)
    had(whole, "new")

    left = seen.without_old(whole, TODAY - 30)

    assert [each.value for each in seen.values(left)] == ["new"]


def test_several_environments_are_merged() -> None:
    parts: list[dict[str, Any]] = [{}, {}]
    had(parts[0], "free", times=2)
    had(parts[1], "free")
    had(parts[1], "premium")

    whole = seen.merged(parts)

    assert [(each.value, each.times) for each in seen.values(whole)] == [("free", 3), ("premium", 1)]
    assert (whole["contexts"], seen.distinct(whole)) == (4, 2)
