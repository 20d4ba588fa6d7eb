"""From a manifest to a ruleset, all at once or not at all; one flag that cannot be read leaves its neighbours alone."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from .compile.flags import read_flag, unreadable
from .compile.links import Links
from .compile.segments import read_segment
from .members import ReadValue, members
from .model import Flag, Ruleset, Segment
from .values import InvalidJson, decoded, loads_at, nothing_after, quoted

FORMAT = 1

Definition = TypeVar("Definition", Flag, Segment)


class InvalidManifest(ValueError):
    """Bytes or a document that are no manifest, or one of a format that this reader does not know."""


def read_manifest(content: bytes, *, before: Ruleset | None = None) -> Ruleset:
    """The ruleset of a manifest's bytes; raises InvalidManifest.

    What `before` holds that is written here in the same way is taken over as it is, without being read again.
    """
    parts: dict[str, ReadValue[Any]] = {
        "flags": _reading(read_flag, before.flags if before else {}),
        "segments": _reading(read_segment, before.segments if before else {}),
    }

    def member(name: str, text: str, at: int) -> tuple[Any, int]:
        return members(text, at, parts[name]) if name in parts and text.startswith("{", at) else loads_at(text, at)

    try:
        text = decoded(content)
        document, end = members(text, 0, member)
        nothing_after(text, end)
    except InvalidJson as error:
        raise InvalidManifest(str(error)) from None
    _check(document)
    return _linked(document, document["flags"], document.get("segments", {}))


def _reading(read: Callable[[str, object, str], Definition], held: Mapping[str, Definition]) -> ReadValue[Definition]:
    """How to read a flag or a segment that may be held already."""

    def read_one(key: str, text: str, at: int) -> tuple[Definition, int]:
        known = held.get(key)
        # One that a fault was found in is read anew: the fault may have been in what it refers to.
        if known is not None and known.source and not known.fault and text.startswith(known.source, at):
            return known, at + len(known.source)
        document, end = loads_at(text, at)
        return read(key, document, text[at:end]), end

    return read_one


def ruleset_from(document: Mapping[str, Any]) -> Ruleset:
    """The ruleset of a manifest that was parsed already; raises InvalidManifest. Unknown members are ignored."""
    _check(document)
    flags = {key: read_flag(key, flag) for key, flag in document["flags"].items()}
    segments = {key: read_segment(key, segment) for key, segment in document.get("segments", {}).items()}
    return _linked(document, flags, segments)


def _linked(document: Mapping[str, Any], read: Mapping[str, Flag], segments: Mapping[str, Segment]) -> Ruleset:
    links = Links(read, segments)
    flags = {key: _sound(read[key], links.faults.get(key)) for key in sorted(read)}
    return Ruleset(
        environment=document["environment"],
        version=document["version"],
        issued=str(document.get("issued", "")),
        flags=flags,
        segments={key: segments[key] for key in sorted(segments) if key not in links.segment_faults},
        reads_clock=any(links.reads_clock(flag) for flag in flags.values()),
        unreadable={flag.key: flag.fault for flag in flags.values() if flag.fault},
        ordered=tuple(flags.values()),
        client_visible=tuple(flag for flag in flags.values() if flag.client_visible),
    )


def _sound(flag: Flag, fault: str | None) -> Flag:
    return unreadable(flag, fault) if fault and not flag.fault else flag


def _check(document: Mapping[str, Any]) -> None:
    if document.get("format") != FORMAT or document["format"] is True:
        raise InvalidManifest(f"the format {quoted(document.get('format'))} is not known here, only {FORMAT}")
    for member, kind, name in _MEMBERS:
        value = document.get(member, {} if member == "segments" else None)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise InvalidManifest(f"{member} is {quoted(value)}, not {name}")


_MEMBERS: tuple[tuple[str, type, str], ...] = (
    ("environment", str, "a string"),
    ("version", int, "an integer"),
    ("flags", dict, "an object"),
    ("segments", dict, "an object"),
)
