"""What a change changed, for reading."""

from typing import Any

import pytest

from tenants.differences import Difference, differences


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"name": "Shop", "key": "shop"}, {"name": "Store", "key": "shop"}, [("name", "Shop", "Store")]),
        (None, {"key": "shop"}, [("key", "", "shop")]),
        ({"key": "shop"}, None, [("key", "shop", "")]),
        ({"enabled": True}, {"enabled": False}, [("enabled", "true", "false")]),
        (
            {"rules": [{"serve": {"variant": "on"}}]},
            {"rules": [{"serve": {"variant": "off"}}]},
            [("rules[0].serve.variant", "on", "off")],
        ),
        ({"tags": ["a"]}, {"tags": ["a", "b"]}, [("tags", '["a"]', '["a", "b"]')]),
        ({"tags": []}, {"tags": ["a"]}, [("tags", "", '["a"]')]),
        ({"a": 1}, {"a": 1}, []),
        (None, {"origins": [], "comment": None}, []),
        (None, None, []),
    ],
)
def test_the_members_that_differ_are_told(before: Any, after: Any, told: list[tuple[str, str, str]]) -> None:
    assert differences(before, after) == [Difference(*one) for one in told]


def test_ids_read_as_names() -> None:
    assert differences(None, {"user": "01A"}, {"01A": "Mona"}) == [Difference("user", "", "Mona")]


def test_nobody_reads_without_end() -> None:
    told = differences(None, {str(number): "x" * 1000 for number in range(100)})

    assert len(told) == 40
    assert len(told[0].after) == 241
