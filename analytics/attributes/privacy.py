"""What may be kept of an attribute: the project's classes, applied to contexts before anything of them is stored.

What is hashed is hashed a second time here, with a key that is no part of the database: whoever has the database alone cannot
find a value by trying all that there may be.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.crypto import salted_hmac

from analytics.attributes.seen import HASHED, token_of
from evaluation.wire.observed import (
    HASH_DIGITS,
    META,
    Classes,
    PrivacyClass,
    attributes_in,
    class_for,
    hash_of,
    type_of,
)

# The context itself, as if it were an attribute: how many there were, and when the last one was.
EVERY_CONTEXT = ""


class Told(NamedTuple):
    """One attribute of one context: its type, what is known of its value (None: nothing), and the hash of that."""

    name: str
    type: str
    token: str | None = None
    hash: str | None = None


def kept(context: Mapping[str, Any], classes: Classes) -> list[Told]:
    """A context of a batch (`evaluation.wire.observed`) as far as both its source and these classes let it be known."""
    meta = context.get(META, {})
    found = [_of_value(name, value, classes) for name, value in attributes_in(context)]
    found += [_of_hash(name, type_, given, classes) for name, (type_, given) in meta.get("hashed", {}).items()]
    found += [Told(name, type_) for name, type_ in meta.get("named", {}).items()]
    return [Told(EVERY_CONTEXT, ""), *{each.name: each for each in found}.values()]


def _of_value(name: str, value: object, classes: Classes) -> Told:
    match class_for(name, value, classes):
        case "plain":
            return Told(name, type_of(value), token_of(value), keyed(hash_of(name, value)))
        case "hashed":
            return _counted(name, type_of(value), hash_of(name, value))
        case "never":
            return Told(name, type_of(value))


def _of_hash(name: str, type_: str, given: str, classes: Classes) -> Told:
    return Told(name, type_) if _is_never_told(name, classes) else _counted(name, type_, given)


def _is_never_told(name: str, classes: Classes) -> bool:
    return class_for(name, "", classes) == "never"


def _counted(name: str, type_: str, given: str) -> Told:
    hidden = keyed(given)
    return Told(name, type_, HASHED + hidden, hidden)


def keyed(given: str) -> str:
    """A hash of the source's as it is stored."""
    digest = salted_hmac("flagforge.attributes", given, secret=settings.SECRET_KEY, algorithm="sha256")
    return digest.hexdigest()[:HASH_DIGITS]


def hashed_token(name: str, value: object) -> str:
    """Under which token a value is counted that is not known."""
    return HASHED + keyed(hash_of(name, value))


def again(told: Told, classes: Classes) -> Told:
    """The same by classes that may be stricter meanwhile."""
    if told.token is None or told.hash is None:
        return told
    match class_for(told.name, "", classes):
        case "plain":
            return told
        case "hashed":
            return told._replace(token=HASHED + told.hash)
        case "never":
            return Told(told.name, told.type)


def stricter(name: str, values: Mapping[str, Any], wanted: PrivacyClass) -> Iterator[tuple[str, Any]]:
    """The values of a summary (`analytics.attributes.seen`) as far as this class lets them be known."""
    if wanted == "never":
        return
    for token, counts in values.items():
        is_hidden = wanted != "plain" and not token.startswith(HASHED)
        yield hashed_token(name, json.loads(token)) if is_hidden else token, counts
