"""An answer as OFREP writes it: an item among all flags and the whole body for one flag are the same bytes.

`variant` and `metadata` are always there, since not every client can do without; `value` never is null, but absent where
the application's own default is used.
"""

import json
from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from ..core.model import MISSING, Answer, Form
from .entries import value_literal

# So long may a page be hidden before its client closes the stream.
INACTIVITY_SECONDS = 120


def item(answer: Answer) -> bytes:
    """`{"key": …, "value": …, "reason": …, "variant": …, "metadata": {…}}`, or the error's members."""
    if answer.item is not None:
        return answer.item
    return answer.remember("item", b'{"key":%b,%b%b}' % (_json(answer.key), _value(answer), _members(answer)))


ITEM = Form(item, attrgetter("item"))


def bulk(environment_key: str, version: int, items: Iterable[bytes], stream: str) -> bytes:
    """All flags; their metadata is what a client tells about a flag that is not among them."""
    metadata = {"environment": environment_key, "version": version}
    streams = [{"type": "sse", "endpoint": {"requestUri": stream}, "inactivityDelaySec": INACTIVITY_SECONDS}]
    return b'{"flags":[%b],"metadata":%b,"eventStreams":%b}' % (b",".join(items), _json(metadata), _json(streams))


def _value(answer: Answer) -> bytes:
    if answer.error_code is not None or answer.value is MISSING:
        return b""
    return b'"value":%b,' % value_literal(answer.value, answer.value_type)


def _members(answer: Answer) -> bytes:
    if answer.error_code is not None:
        members: dict[str, Any] = {"errorCode": answer.error_code, "errorDetails": answer.error_details or ""}
    else:
        members = {"reason": answer.reason, "variant": answer.variant}
    version = {"flagVersion": answer.version} if answer.version else {}
    return _json({**members, "metadata": {**answer.metadata, **version}})[1:-1]


def _json(value: object) -> bytes:
    # A flag's key comes from an address, so it may hold what UTF-8 cannot.
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "backslashreplace")
