"""How names and values are spelled in a text."""

import json
import re
from functools import cache
from typing import Any

from evaluation.core.canonical import canonical
from flags.language.syntax import grammar

# Where a name may stand the grammar may expect one of these instead; as names they are written in quotes.
RESERVED = frozenset(("all", "any", "code", "flag", "id", "next", "not", "segment", "serve", "split"))


def name(text: str) -> str:
    """A name as it is where that can be read back, else in quotes."""
    return text if text not in RESERVED and _bare().fullmatch(text) else quoted(text)


def quoted(text: str) -> str:
    """A JSON text; where something in it cannot be seen (a control or a right-to-left mark), in ASCII."""
    return json.dumps(text, ensure_ascii=not text.isprintable())


def value(of: Any) -> str:
    """A JSON value, numbers as RFC 8785 writes them, whatever a database made of them."""
    return quoted(of) if isinstance(of, str) else canonical(of).decode()


@cache
def _bare() -> re.Pattern[str]:
    return re.compile(grammar().get_terminal("WORD").pattern.value)
