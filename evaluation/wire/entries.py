"""An answer as the SDK API writes it. Answers are few and live as long as their ruleset, so each is written once."""

import json
from collections.abc import Iterable
from functools import lru_cache
from operator import attrgetter
from typing import Any

from ..core.canonical import canonical
from ..core.model import MISSING, Answer, Form


def keyed_entry(answer: Answer) -> bytes:
    """`"<key>":{"value": …, "variant": …, "reason": …, "version": …, "metadata": {…}}`, or with the error's members."""
    return answer.entry or answer.remember("entry", b"%b:{%b}" % (_text(answer.key), _members(answer)))


ENTRY = Form(keyed_entry, attrgetter("entry"))


def single_entry(answer: Answer) -> bytes:
    """The entry with its key as the first member."""
    key = _text(answer.key)
    return b'{"key":%b,%b' % (key, keyed_entry(answer)[len(key) + 2 :])


def all_entries(environment_key: str, version: int, entries: Iterable[bytes]) -> bytes:
    """The body of `GET /api/v1/sdk/flags`."""
    return b"%b%b}}" % (_begun(environment_key, version), b",".join(entries))


@lru_cache(maxsize=256)
def _begun(environment_key: str, version: int) -> bytes:
    return b'{"environment":%b,"version":%d,"flags":{' % (_text(environment_key), version)


def value_literal(value: object, value_type: str) -> bytes:
    """A double keeps its point (`10.0`), whole numbers have none; JSON values are canonical."""
    if value_type == "double" and isinstance(value, int | float):
        return _with_point(_text(float(value)))
    return canonical(value) if value_type == "json" else _text(value)


def _with_point(literal: bytes) -> bytes:
    """Python writes 1e+16; a reader that tells doubles by their point wants 1.0e+16."""
    return literal if b"." in literal else literal.replace(b"e", b".0e")


def _members(answer: Answer) -> bytes:
    if answer.error_code is not None:
        members: dict[str, Any] = {"errorCode": answer.error_code, "errorDetails": answer.error_details or ""}
    else:
        members = {"variant": answer.variant, "reason": answer.reason}
    members |= {"version": answer.version, "metadata": dict(answer.metadata)}
    rest = _text(members)[1:-1]
    if answer.error_code is not None or answer.value is MISSING:
        return rest
    return b'"value":' + value_literal(answer.value, answer.value_type) + b"," + rest


def _text(value: object) -> bytes:
    return _encode(value).encode()


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
