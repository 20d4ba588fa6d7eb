"""Request bodies: strict JSON, of bounded size."""

import json
from collections.abc import Mapping
from math import isfinite
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from tenants.api.problems import Refused

DEEPEST = 64
LONGEST_NUMBER = 400


class StrictJsonParser(BaseParser):
    """Refuses all that two readers could take differently: duplicate members, NaN, overflow, invalid UTF-8."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        limit: int = settings.SDK_BODY_LIMIT
        content = stream.read(limit + 1)
        if len(content) > limit:
            raise Refused(413, "too-large", "The body is too large", f"A body has at most {limit:,} bytes.")
        return read_json(content)


def read_json(content: bytes) -> Any:
    try:
        value = json.loads(
            content.decode(),
            object_pairs_hook=_members,
            parse_int=_integer,
            parse_float=_double,
            parse_constant=_constant,
        )
    except UnicodeDecodeError as error:
        raise ParseError(f"The body is not UTF-8: invalid byte at position {error.start}.") from None
    except json.JSONDecodeError as error:
        raise ParseError(f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise _too_deep() from None
    _refuse_depth(value)
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise ParseError(f"The member {json.dumps(name)[:80]} is given twice.")
        members[name] = value
    return members


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ParseError("A number is too long.")
    return int(digits)


def _double(digits: str) -> float:
    if not isfinite(value := float(digits)):
        raise ParseError("A number does not fit into a double.")
    return value


def _constant(name: str) -> float:
    raise ParseError(f"{name} is not a JSON number.")


def _refuse_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [child for parent in level if isinstance(parent, dict | list) for child in _children(parent)]
        if not level:
            return
    raise _too_deep()


def _children(parent: dict[str, Any] | list[Any]) -> list[Any]:
    return list(parent.values()) if isinstance(parent, dict) else parent


def _too_deep() -> ParseError:
    return ParseError(f"The body is nested deeper than {DEEPEST} levels.")
