"""The name of a request, that its lines in every log carry: `X-Request-Id`, given or answered."""

import re
from collections.abc import Mapping
from contextvars import ContextVar

HEADER = "X-Request-Id"
USABLE = re.compile(r"[A-Za-z0-9._-]{1,64}")
# Of the request that is worked on; "" outside of any, and for one without a name.
current: ContextVar[str] = ContextVar("request_id", default="")


def named_in(headers: Mapping[str, str]) -> str:
    """The name that a client or a proxy gave, header names in lower case; "" for none, and for a strange one."""
    given = headers.get("x-request-id", "")
    return given if given and USABLE.fullmatch(given) else ""
