"""A tally as a row holds it: in parts, so that who reads a month of a thousand flags decodes what the question is about.

    {"batches": …, "cache": …, "durations": …, "variants": {"on": 1200}, "reasons": {"SPLIT": 1200}, …}
    {"new-checkout␀on␀SPLIT": 1200, …}
    {"exposures": {"new-checkout": {"on": 3}}, …}

Three lines of JSON, zlib-compressed: the *head* with all that names no flag, and of evaluations what they add up to; how often
each flag had which variant for which reason, in one flat object in order of its keys, whose parts a NUL character divides, which
no name has; and what else is told by flag. One line alone is a tally as it was stored before there were parts.
"""

import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from analytics import tallies
from analytics.tallies import Tally

# So often, by flag, variant and reason, divided by NULs.
Flat = Mapping[str, int]
NUL = "\0"
EVALUATED, BY_FLAG = "counts", ("requests", "errors", "exposures")
VARIANTS, REASONS = "variants", "reasons"


def pressed(tally: Mapping[str, Any]) -> bytes:
    """Nothing for an empty tally."""
    if not tally:
        return b""
    flat = dict(_flattened(tally.get(EVALUATED, {})))
    head = {branch: members for branch, members in tally.items() if branch not in (EVALUATED, *BY_FLAG)} | _sums(flat)
    others = {branch: tally[branch] for branch in BY_FLAG if branch in tally}
    return zlib.compress(b"\n".join(map(_written, (head, flat, others))), 6)


def unpressed(content: bytes) -> Tally:
    """The tally as it was."""
    if not content:
        return {}
    head, flat, others = map(json.loads, _lines(content))
    tally: Tally = {branch: members for branch, members in head.items() if branch not in (VARIANTS, REASONS)} | others
    return tally | ({EVALUATED: _nested(flat)} if flat else {})


def head_of(content: bytes) -> Tally:
    """What names no flag, with `variants` and `reasons`: how often each was given, by all flags together."""
    head: Tally = json.loads(_lines(content)[0])
    return head


def flat_of(content: bytes) -> Flat:
    """How often, by `flag␀variant␀reason`."""
    flat: Flat = json.loads(_lines(content)[1])
    return flat


def flag_of(content: bytes, flag: str) -> Tally:
    """What is told of one flag, as the branches of a tally that name flags have it."""
    _, flat, others = _lines(content)
    found = json.loads(b"{%b}" % b",".join(_members_of(flag, flat)))
    tally = tallies.of_flag(json.loads(others), flag)
    return tally | ({EVALUATED: _nested(found)} if found else {})


def _lines(content: bytes) -> list[bytes]:
    """No JSON that is written without spaces has a line break in it."""
    lines = zlib.decompress(content).split(b"\n")
    return lines if len(lines) > 1 else zlib.decompress(pressed(json.loads(lines[0]))).split(b"\n")


def _written(part: Mapping[str, Any]) -> bytes:
    return json.dumps(part, separators=(",", ":"), sort_keys=True).encode()


def _members_of(flag: str, flat: bytes) -> Iterator[bytes]:
    """The members of the flat object that are about a flag: one behind the other, since they are in order.

    A quotation mark inside of a name has a backslash before it, so that only a member begins like this.
    """
    begin = json.dumps(flag + NUL)[:-1].encode()
    member = re.compile(re.escape(begin) + rb'(?:[^"\\]|\\.)*":\d+')
    place = 0 if flat.startswith(b"{" + begin) else flat.find(b"," + begin)
    while place >= 0 and (found := member.match(flat, place + 1)):
        yield found[0]
        place = found.end()


def _flattened(counts: Mapping[str, Mapping[str, Mapping[str, int]]]) -> Iterator[tuple[str, int]]:
    for flag, variants in counts.items():
        for variant, reasons in variants.items():
            for reason, number in reasons.items():
                yield f"{flag}{NUL}{variant}{NUL}{reason}", number


def _nested(flat: Flat) -> Tally:
    nested: Tally = {}
    for name, number in flat.items():
        flag, variant, reason = name.split(NUL)
        nested.setdefault(flag, {}).setdefault(variant, {})[reason] = number
    return nested


def _sums(flat: Flat) -> Tally:
    variants: dict[str, int] = {}
    reasons: dict[str, int] = {}
    for name, number in flat.items():
        _, variant, reason = name.split(NUL)
        variants[variant] = variants.get(variant, 0) + number
        reasons[reason] = reasons.get(reason, 0) + number
    return {VARIANTS: variants, REASONS: reasons} if flat else {}


def added(flats: Iterable[Flat]) -> dict[str, int]:
    """The sum of several."""
    whole: dict[str, int] = {}
    for flat in flats:
        for name, number in flat.items():
            whole[name] = whole.get(name, 0) + number
    return whole
