"""The manual of the rule language, and the examples in it."""

import re
from pathlib import Path

MANUAL = (Path(__file__).resolve().parents[3] / "docs" / "rule-language.md").read_text()


def blocks(kind: str) -> list[str]:
    """The fenced examples of a kind, in their order."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", MANUAL, re.DOTALL | re.MULTILINE)
