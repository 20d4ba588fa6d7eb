"""Contexts as telemetry tells of them: flat, bounded, and each attribute only as far as its class lets it out.

    {"country": "IN", "_meta": {"hashed": {"plan": ["string", "9f86d081884c7d65"]}, "named": {"email": "string"}}}

`country` is classed *plain*: its value is told. `plan` is *hashed*: equal values are counted without being known. `email` is
*never* told: its name and its type alone are. The targeting key is never told, whatever is said of it.
"""

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, Literal, get_args

from ..core.canonical import canonical
from ..core.context import TARGETING_KEY, QueryText
from ..core.limits import MAX_INTEGER
from ..core.values import well_formed
from .members import Wrong, mapping, members, one_of, small_object, text

PrivacyClass = Literal["plain", "hashed", "never"]
# From the most open to the strictest.
CLASSES: tuple[PrivacyClass, ...] = get_args(PrivacyClass)
Classes = Mapping[str, PrivacyClass]
# The name that stands for all attributes that have no class of their own.
ALL_OTHERS = "*"
USUAL: PrivacyClass = "hashed"
META = "_meta"
TYPES = ("boolean", "number", "string", "list")
NEVER_TOLD = frozenset({TARGETING_KEY, "user_id", "userId"})
MOST_ATTRIBUTES, MOST_DEPTH, MOST_CHARACTERS, MOST_CONTEXT_CHARACTERS = 50, 5, 200, 8_000
HASH_DIGITS = 16

_LIKE_AN_ADDRESS = re.compile("[^ @]+@[^ @]+")
_NAME, _HASH = text(MOST_CHARACTERS), text(HASH_DIGITS, shortest=HASH_DIGITS, form="[0-9a-f]+")


def class_of(name: str, classes: Classes) -> PrivacyClass:
    """What these classes say of an attribute."""
    return "never" if name in NEVER_TOLD else classes.get(name) or classes.get(ALL_OTHERS, USUAL)


def class_for(name: str, value: object, classes: Classes) -> PrivacyClass:
    """The same for one of its values: what looks like a mail address is never plain; what is long, or a list, is never told."""
    found = class_of(name, classes)
    if not _is_small(value):
        return "never"
    if isinstance(value, str) and _LIKE_AN_ADDRESS.fullmatch(value):
        return max(found, "hashed", key=CLASSES.index)
    return found


def _is_small(value: object) -> bool:
    if isinstance(value, str):
        return _is_short(value)
    return isinstance(value, int | float) and abs(value) <= MAX_INTEGER


def type_of(value: object) -> str:
    """One of `TYPES`; "" for what is no attribute: null, an object, a number that JSON does not have."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number" if abs(value) < float("inf") else ""
    if isinstance(value, str):
        return "string"
    return "list" if isinstance(value, list | tuple) else ""


def hash_of(name: str, value: object) -> str:
    """The same in every SDK: the first half of a SHA-256 that nobody needs whole to count equal values."""
    return sha256(f"{name}\0".encode() + canonical(value)).hexdigest()[:HASH_DIGITS]


def attributes_in(context: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """The names by which rules find them, as `app.version`, with their values; so many at most, in their order."""
    for count, (name, value) in enumerate(_within(context, "", 1)):
        if count == MOST_ATTRIBUTES:
            return
        yield name, value


def _within(members: Mapping[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, object]]:
    for key, value in members.items():
        name = f"{prefix}{key}"
        if not key or name == META or not _is_short(name):
            continue
        if isinstance(value, Mapping):
            if depth < MOST_DEPTH:
                yield from _within(value, f"{name}.", depth + 1)
            continue
        spelled = value.spelled if isinstance(value, QueryText) else value
        if type_of(spelled):
            yield name, spelled


def _is_short(written: str) -> bool:
    return len(written) <= MOST_CHARACTERS and "\0" not in written and well_formed(written)


def told(context: Mapping[str, Any], classes: Classes) -> dict[str, Any]:
    """The item of a batch: the context as far as these classes let it out."""
    plain: dict[str, Any] = {}
    hashed: dict[str, list[str]] = {}
    named: dict[str, str] = {}
    for name, value in attributes_in(context):
        match class_for(name, value, classes):
            case "plain":
                plain[name] = value
            case "hashed":
                hashed[name] = [type_of(value), hash_of(name, value)]
            case "never":
                named[name] = type_of(value)
    parts = {name: part for name, part in (("hashed", hashed), ("named", named)) if part}
    return plain | ({META: parts} if parts else {})


def _hashed(value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) != 2:
        raise Wrong("must be a type and a hash")
    return [one_of(*TYPES)(value[0]), _HASH(value[1])]


_META = members(
    {},
    {
        "hashed": mapping(MOST_ATTRIBUTES, _NAME, _hashed),
        "named": mapping(MOST_ATTRIBUTES, _NAME, one_of(*TYPES)),
    },
)
_OBJECT = small_object(MOST_CONTEXT_CHARACTERS)


def observed_context(value: Any) -> dict[str, Any]:
    """A check of `evaluation.wire.members`: a context as it was asked with, or as `told` wrote it."""
    kept: dict[str, Any] = _OBJECT(value)
    if META not in kept:
        return kept
    try:
        return kept | {META: _META(kept[META])}
    except Wrong as wrong:
        raise Wrong(str(wrong), wrong.at(META).path) from None
