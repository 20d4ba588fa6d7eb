"""Who is asking: the attributes of one request, and how a name finds its attribute."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from .bucketing import bucketing_key
from .values import InvalidJson, loads

TARGETING_KEY = "targetingKey"
NOW = "now"
_ALIASES = ("user_id", "userId")
_SPELLS_JSON = re.compile(r"true|false|-?[0-9][0-9.eE+-]*")

Attributes = dict[str, object]
Reader = Callable[[Attributes], object]


class Context:
    """One subject's attributes, prepared once per request; treat it as frozen.

    `key` is the targeting key in the form that targets and segments compare, `key_bytes` in the form that is hashed;
    None: not usable. `said` are the bytes that it was read from, None where they are not known.
    """

    __slots__ = ("attributes", "key", "key_bytes", "said")

    def __init__(self, attributes: Attributes, said: bytes | None = None) -> None:
        self.attributes = attributes
        self.said = said
        key = attributes.get(TARGETING_KEY)
        if type(key) is str and key and key.isascii():  # the usual key, without the calls of the others
            self.key: str | None = key
            self.key_bytes: bytes | None = key.encode()
        else:
            self.key = bucketing_key(key)
            self.key_bytes = None if self.key is None else self.key.encode()

    def __repr__(self) -> str:
        return f"Context({self.attributes!r})"


class QueryText(str):
    """A text from a query string, which `in` also takes as the JSON boolean or number that it spells."""

    __slots__ = ("spelled",)
    spelled: bool | int | float

    def folded(self) -> "QueryText":
        """The same without its case, which what it spells has none of."""
        text = QueryText(self.casefold())
        text.spelled = self.spelled
        return text


def context_from(attributes: Mapping[str, object], said: bytes | None = None) -> Context:
    """The context of a JSON object; `user_id` or `userId` stand in where `targetingKey` is missing or null.

    NaN and infinities, which only a program can put there, count as missing.
    """
    known = dict(attributes)
    if known.get(TARGETING_KEY) is None:
        alias = next((known[name] for name in _ALIASES if known.get(name) is not None), None)
        if alias is not None:
            known[TARGETING_KEY] = alias
    return Context(known, said)


def context_from_query(pairs: Iterable[tuple[str, str]]) -> Context:
    """The context of a query string's decoded pairs; a repeated name makes a list."""
    found: dict[str, list[object]] = {}
    for name, text in pairs:
        found.setdefault(name, []).append(_query_value(text))
    return context_from({name: texts[0] if len(texts) == 1 else texts for name, texts in found.items()})


def _query_value(text: str) -> str:
    if not _SPELLS_JSON.fullmatch(text):
        return text
    try:
        spelled = loads(text)
    except InvalidJson:
        return text
    both = QueryText(text)
    both.spelled = spelled  # type: ignore[assignment]  # the pattern lets nothing else through
    return both


@lru_cache(maxsize=1024)
def reader(name: str) -> Reader:
    """How to find the attribute: a member of exactly this name, else a path of nested objects; None means missing.

    Not for the clock, `now`, which is no attribute of anybody.
    """
    head, *path = name.split(".")
    if not path or head == NOW:  # the clock hides a member of that name, with all that it holds
        return lambda attributes: attributes.get(name)
    rest = path[0] if len(path) == 1 else None

    def read(attributes: Attributes) -> object:
        if name in attributes:
            return attributes[name]
        found = attributes.get(head)
        if rest is not None and type(found) is dict:
            return found.get(rest)
        for step in path:
            if not isinstance(found, Mapping):
                return None
            found = found.get(step)
        return found

    return read
