"""JSON as FlagForge takes it: strict at the doors, I-JSON in whatever is stored."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

from .limits import MAX_FAULTS, MAX_INTEGER, MAX_JSON_DEPTH

_LONGEST_DOUBLE = 309  # digits of the largest finite double
_BLANKS = re.compile(r"[ \t\n\r]*")
_PLAIN_MEMBER = re.compile(r"[\w.~:@/ -]{1,200}")


class InvalidJson(ValueError):
    """The bytes are not JSON that everyone reads alike; `str()` is for humans, `path` is "" where it is not known."""

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.path = path


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a document: where (`rules[1].if.all[0].op`), and what is allowed there."""

    path: str
    message: str


class InvalidDefinition(ValueError):
    """A document that was refused, with every fault found in it (up to 50)."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(
            "; ".join(f"{fault.path}: {fault.message}" if fault.path else fault.message for fault in faults)
        )
        self.faults = faults


def loads(data: bytes | str) -> object:
    """Read one JSON text (RFC 8259), refusing with InvalidJson all that two readers could take differently.

    Refused: invalid UTF-8, a byte order mark, duplicate members, NaN and Infinity, numbers that overflow a double,
    anything after the value, and nesting deeper than 64.
    """
    text = decoded(data) if isinstance(data, bytes) else data
    value, end = loads_at(text, past_blanks(text, 0))
    nothing_after(text, end)
    return value


def loads_at(text: str, at: int) -> tuple[object, int]:
    """Read the JSON value that begins at `at`, as strictly as `loads`: the value, and where it ends."""
    try:
        value, end = _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        raise not_json(error.msg, text, error.pos) from None
    except RecursionError:
        raise InvalidJson(f"nested deeper than {MAX_JSON_DEPTH} levels") from None
    if text.count("[", at, end) + text.count("{", at, end) > MAX_JSON_DEPTH and _deeper_than(value, MAX_JSON_DEPTH):
        raise InvalidJson(f"nested deeper than {MAX_JSON_DEPTH} levels")
    return value, end


def past_blanks(text: str, at: int) -> int:
    """The first position from `at` on that holds no white space."""
    if text[at : at + 1] > " ":  # the usual case
        return at
    blanks = _BLANKS.match(text, at)
    return blanks.end() if blanks else at


def nothing_after(text: str, at: int) -> None:
    """Raise InvalidJson where anything but white space follows from `at` on."""
    if at != len(text) and (rest := past_blanks(text, at)) != len(text):
        raise not_json("Extra data", text, rest)


def not_json(message: str, text: str, at: int) -> InvalidJson:
    """The refusal of a text for what is wrong at this position."""
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return InvalidJson(f"not JSON: {message} at line {line}, column {column}")


def decoded(data: bytes) -> str:
    """The text of UTF-8 bytes; raises InvalidJson."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise InvalidJson(f"not UTF-8: invalid byte at position {error.start}") from None
    if text.startswith("\ufeff"):
        raise InvalidJson("not JSON: it begins with a byte order mark (BOM)")
    return text


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidJson(f"the member {quoted(twice)} is given twice")
    return members


def _integer(digits: str) -> int:
    # Below this length no integer overflows a double, and Python's own limit on digits is far away.
    if len(digits) >= _LONGEST_DOUBLE:
        _double(digits)
    return int(digits)


def _double(digits: str) -> float:
    value = float(digits)
    if not isfinite(value):
        raise InvalidJson(f"the number {shortened(digits)} does not fit into a double")
    return value


def _constant(name: str) -> float:
    raise InvalidJson(f"{name} is not a JSON number")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_integer, parse_float=_double, parse_constant=_constant
)


def _deeper_than(value: object, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [child for parent in level for child in _children(parent) if isinstance(child, dict | list)]
        if not level:
            return False
    return True


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def stored_json_faults(value: object, path: str = "") -> list[Fault]:
    """What keeps a value from being stored as I-JSON (RFC 7493), up to 50 faults.

    Those are NUL, lone surrogates, integers beyond ±(2^53-1), NaN and infinities, and nesting deeper than 64.
    """
    faults: list[Fault] = []
    for fault in _stored_faults(value, path, 0):
        faults.append(fault)
        if len(faults) == MAX_FAULTS:
            break
    return faults


def _stored_faults(value: object, path: str, depth: int) -> Iterator[Fault]:
    if isinstance(value, dict | list | tuple):
        if depth == MAX_JSON_DEPTH:
            yield Fault(path, f"nested deeper than {MAX_JSON_DEPTH} levels")
            return
        for member, child in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(member, str) and (wrong := _text_fault(member)):
                yield Fault(inside(path, member), f"the member's name {wrong}")
            yield from _stored_faults(child, inside(path, member), depth + 1)
    elif wrong := _scalar_fault(value):
        yield Fault(path, wrong)


def _scalar_fault(value: object) -> str | None:
    if isinstance(value, str):
        wrong = _text_fault(value)
        return f"the text {wrong}" if wrong else None
    if isinstance(value, float):
        return None if isfinite(value) else "NaN and infinities are not JSON numbers"
    if isinstance(value, int):
        return None if -MAX_INTEGER <= value <= MAX_INTEGER else "an integer must be within ±9007199254740991 (2^53-1)"
    return None if value is None else f"{type(value).__name__} is not a JSON value"


def _text_fault(text: str) -> str | None:
    if "\0" in text:
        return "holds a NUL character, which cannot be stored"
    return None if well_formed(text) else "holds a lone surrogate, which is no character"


def well_formed(text: str) -> bool:
    """Whether the text is Unicode throughout: a lone surrogate (JSON can spell one) is no character."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def inside(path: str, member: object) -> str:
    """The path of a member (text) or an element (integer) of what lies at `path`."""
    if isinstance(member, int):
        return f"{path}[{member}]"
    name = str(member)
    if not _PLAIN_MEMBER.fullmatch(name):
        return f"{path}[{quoted(name)}]"
    return f"{path}.{name}" if path else name


def quoted(value: object) -> str:
    """The value as JSON for a message: ASCII when it is odd, and never long."""
    if isinstance(value, str):
        text = shortened(value)
        return f'"{text}"' if well_formed(text) and text.isprintable() else json.dumps(text)
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    try:
        return shortened(json.dumps(value))
    except (TypeError, ValueError):
        return "a huge number" if isinstance(value, int) else f"a {type(value).__name__}"


def shortened(text: str, limit: int = 60) -> str:
    """The text, cut with an ellipsis where it would swamp a message."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
