"""Values as lines of text, so that "1", 1 and true stay three things while people type."""

import json
import re
from math import isinf
from typing import Any

from flags.operators import NUMBER

# Lines end here, and only here: str.splitlines knows more line ends than a browser.
LINE_END = re.compile(r"\r\n|\r|\n")


def as_line(value: Any, *, only_text: bool = False) -> str:
    """One value as one line; a text that would be read as anything else, or not be seen, stands in quotes."""
    if (
        value
        and isinstance(value, str)
        and read_line(value, only_text=only_text) == value
        and not LINE_END.search(value)
    ):
        return value
    return json.dumps(value, ensure_ascii=False)


def read_line(line: str, *, only_text: bool = False) -> Any:
    """The value of a line: a number, true, false, a text in JSON's quotes, else the text as it stands, trimmed."""
    line = line.strip()
    if line.startswith('"') or (not only_text and (line in ("true", "false") or NUMBER.fullmatch(line))):
        return _json_or_text(line)
    return line


def _json_or_text(text: str) -> Any:
    """What no double holds (1e999) and no page can show (half a surrogate pair) is left as it was typed."""
    try:
        value = json.loads(text)
        if isinstance(value, str):
            value.encode()
        elif isinf(value):
            return text
    except (ValueError, OverflowError):
        return text
    return value


def as_lines(values: list[Any], *, only_text: bool = False) -> str:
    return "\n".join(as_line(value, only_text=only_text) for value in values)


def read_lines(text: str, *, only_text: bool = False) -> list[Any]:
    """The values of all lines that are not empty."""
    return [read_line(line, only_text=only_text) for line in LINE_END.split(text) if line.strip()]


def as_keys(keys: list[str]) -> str:
    """Targeting keys, one a line; one that holds a comma stands in quotes."""
    return "\n".join(
        json.dumps(key, ensure_ascii=False) if "," in key else as_line(key, only_text=True) for key in keys
    )


def read_keys(text: str) -> list[str]:
    """Targeting keys as people paste them: one a line, or with commas between them; each once."""
    keys: list[str] = []
    for line in LINE_END.split(text):
        is_quoted = line.lstrip().startswith('"')
        keys += (read_line(part, only_text=True) for part in ([line] if is_quoted else line.split(",")))
    return list(dict.fromkeys(key for key in keys if key != ""))


def as_weight(weight: Any) -> str:
    """Per cent as people write them: 25, 12.5; whatever else was typed, as it was typed."""
    if isinstance(weight, float) and weight.is_integer():
        return str(int(weight))
    return str(weight)


def read_weight(text: str) -> Any:
    """The number, also with a comma for its point; a text that is none is kept for the parser to refuse."""
    text = text.strip()
    plain = text.replace(",", ".")
    return _json_or_text(plain) if NUMBER.fullmatch(plain) else text
