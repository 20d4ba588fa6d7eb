"""What is refused on write, with its path and its words."""

import json
from pathlib import Path
from typing import Any

import pytest

from evaluation.core.parse import parse_config, parse_segment, parse_variants
from evaluation.core.values import InvalidDefinition

CASES = json.loads((Path(__file__).parents[2] / "vectors" / "refusals.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_refusal(case: dict[str, Any]) -> None:
    with pytest.raises(InvalidDefinition) as refusal:
        parse(case)

    found = refusal.value.faults
    assert [fault.path for fault in found] == [fault["path"] for fault in case["faults"]]
    for fault, expected in zip(found, case["faults"], strict=True):
        assert expected["message"] in fault.message


def parse(case: dict[str, Any]) -> dict[str, Any]:
    if case["kind"] == "config":
        return parse_config(case["body"], variants=["on", "off"])
    if case["kind"] == "segment":
        return parse_segment(case["body"])
    return parse_variants(case["type"], case["body"])
