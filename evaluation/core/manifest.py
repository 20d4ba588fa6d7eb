"""From a manifest to a ruleset, all at once or not at all; one flag that cannot be read leaves its neighbours alone."""

from collections.abc import Collection, Mapping
from typing import Any, cast

from .compile.conditions import Conditions
from .compile.flags import read_flag, unreadable_flag
from .compile.segments import Segments
from .compile.unreadable import Unreadable
from .limits import MAX_PREREQUISITE_DEPTH
from .model import Flag, Ruleset
from .references import depths, on_cycle, referenced
from .values import InvalidJson, loads, quoted

FORMAT = 1


class InvalidManifest(ValueError):
    """Bytes or a document that are no manifest, or one of a format that this reader does not know."""


def read_manifest(content: bytes) -> Ruleset:
    """The ruleset of a manifest's bytes; raises InvalidManifest."""
    try:
        document = loads(content)
    except InvalidJson as error:
        raise InvalidManifest(str(error)) from None
    if not isinstance(document, dict):
        raise InvalidManifest(f"a manifest is an object, not {quoted(document)}")
    return ruleset_from(document)


def ruleset_from(document: Mapping[str, Any]) -> Ruleset:
    """The ruleset of a manifest that was parsed already; raises InvalidManifest. Unknown members are ignored."""
    _check(document)
    documents: Mapping[str, object] = document["flags"]
    segments = Segments(document.get("segments", {}))
    faults = _prerequisite_faults(documents)
    flags = {key: _flag(key, documents[key], segments.conditions, faults) for key in sorted(documents)}
    reads_clock = segments.conditions.reads_clock  # before the segments that no flag asks for are read as well
    return Ruleset(
        environment=document["environment"],
        version=document["version"],
        issued=str(document.get("issued", "")),
        flags=flags,
        segments=segments.readable(),
        reads_clock=reads_clock,
        unreadable=faults,
        ordered=tuple(flags.values()),
        client_visible=tuple(flag for flag in flags.values() if flag.client_visible),
    )


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


def _flag(key: str, document: object, conditions: Conditions, faults: dict[str, str]) -> Flag:
    if key not in faults:
        try:
            return read_flag(key, document, conditions)
        except Unreadable as error:
            faults[key] = str(error)
    return unreadable_flag(key, document, faults[key])


def _prerequisite_faults(documents: Mapping[str, object]) -> dict[str, str]:
    """The flags whose prerequisites lead back to themselves, or too deep; those that only ask such a flag are sound."""
    graph = {key: _asked(document) for key, document in documents.items()}
    found = depths(graph)
    faults = {key: "its prerequisites lead back to it" for key in graph if key not in found and on_cycle(key, graph)}
    deep = f"its prerequisites are deeper than {MAX_PREREQUISITE_DEPTH}"
    return faults | {key: deep for key, depth in found.items() if depth > MAX_PREREQUISITE_DEPTH}


def _asked(document: object) -> Collection[str]:
    prerequisites = cast(dict[str, Any], document).get("prerequisites") if isinstance(document, dict) else None
    return set(referenced(prerequisites, "flag"))
