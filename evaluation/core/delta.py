"""What changed between two manifests of an environment, and how to get from one to the other."""

import marshal
from collections.abc import Mapping
from typing import Any

from .canonical import as_it_lies, canonical, checksum
from .manifest import FORMAT
from .values import InvalidJson, quoted

_PARTS = ("flags", "segments")
# Of marshal's ways to write the last that says nothing of how a value lies in memory.
PLAIN = 2


class DeltaMismatch(ValueError):
    """The delta does not belong to what is held; only a whole manifest helps."""


def diff(before: Mapping[str, Any], after: Mapping[str, Any], *, after_checksum: str = "") -> dict[str, Any]:
    """The delta, without signature, from one manifest to a later one of the same environment.

    `after_checksum` spares whoever knows it already the writing of the whole manifest.
    """
    if before["environment"] != after["environment"]:
        raise DeltaMismatch("two environments have no delta between them")
    delta: dict[str, Any] = {
        "format": FORMAT,
        "environment": after["environment"],
        "from": before["version"],
        "to": after["version"],
        "issued": after["issued"],
    }
    for part in _PARTS:
        held, wanted = before[part], after[part]
        delta[part] = {
            key: wanted[key] for key in sorted(wanted) if key not in held or _differs(held[key], wanted[key])
        }
        delta[f"removed_{part}"] = sorted(key for key in held if key not in wanted)
    return delta | {"checksum": after_checksum or checksum(canonical(after))}


def _differs(held: Any, wanted: Any) -> bool:
    if held is wanted or held != wanted:
        return held is not wanted
    # Python takes true for 1; their bytes tell. Where the quick ones are the same, so are those.
    return marshal.dumps(held, PLAIN) != marshal.dumps(wanted, PLAIN) and canonical(held) != canonical(wanted)


def apply(before: Mapping[str, Any], delta: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest that the delta leads to; raises DeltaMismatch unless it starts here and its checksum holds."""
    return leads_to(before, delta)[0]


def leads_to(before: Mapping[str, Any], delta: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
    """The same with its canonical bytes, for whoever verifies their signature."""
    for member, held in (
        ("format", before["format"]),
        ("environment", before["environment"]),
        ("from", before["version"]),
    ):
        if delta.get(member) != held:
            raise DeltaMismatch(f"the delta's {member} is {quoted(delta.get(member))}, and {quoted(held)} is held")
    try:
        after, wanted = _applied(before, delta), delta["checksum"]
        for write in (as_it_lies, canonical):
            content = write(after)
            if checksum(content) == wanted:
                return after, content
    except (KeyError, TypeError, InvalidJson) as error:
        raise DeltaMismatch(f"the delta is not written as one: {error!r}") from None
    raise DeltaMismatch("what the delta makes has another checksum than the manifest it leads to")


def _applied(before: Mapping[str, Any], delta: Mapping[str, Any]) -> dict[str, Any]:
    after = {**before, "version": delta["to"], "issued": delta["issued"]}
    for part in _PARTS:
        removed = set(delta[f"removed_{part}"])
        after[part] = {key: each for key, each in before[part].items() if key not in removed} | delta[part]
        if len(after[part]) > len(before[part]) - len(removed):  # what is new has its place among the others
            after[part] = {key: after[part][key] for key in sorted(after[part])}
    return after
