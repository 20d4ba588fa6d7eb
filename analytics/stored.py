"""A tally as a row holds it: in parts, so that who reads a month of a thousand flags decodes what the question is about.

    {"batches": …, "cache": …, "durations": …, "variants": {"on": 1200}, "reasons": {"SPLIT": 1200}, …}
    {"exposures": {"new-checkout": {"on": 3}}, …}
    1200 31
    new-checkout␀on␀SPLIT␀␀␀theme␀spring␀STATIC

zlib-compressed: the *head* with all that names no flag, and of evaluations what they add up to; what else is told by flag; and
how often each flag had which variant for which reason, as numbers and as names, in the order of these. NUL characters divide
them, which no name has; a variant may be empty, so that three of them divide outcomes. These two lines are not JSON, which takes
four times as long to read. One line alone is a tally as it was stored before there were parts.
"""

import itertools
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from analytics import tallies
from analytics.tallies import Tally

# So often, by flag, variant and reason, divided by NULs.
Flat = Mapping[str, int]
NUL, BETWEEN = "\0", "\0\0\0"
EVALUATED, BY_FLAG = "counts", ("requests", "errors", "exposures")
VARIANTS, REASONS = "variants", "reasons"


def pressed(tally: Mapping[str, Any]) -> bytes:
    """Nothing for an empty tally."""
    if not tally:
        return b""
    flat = dict(sorted(_flattened(tally.get(EVALUATED, {}))))
    head = {branch: members for branch, members in tally.items() if branch not in (EVALUATED, *BY_FLAG)} | _sums(flat)
    others = {branch: tally[branch] for branch in BY_FLAG if branch in tally}
    numbers, names = " ".join(map(str, flat.values())).encode(), BETWEEN.join(flat).encode()
    return zlib.compress(b"\n".join((_written(head), _written(others), numbers, names)), 6)


def unpressed(content: bytes) -> Tally:
    """The tally as it was."""
    if not content:
        return {}
    head, others, flat = head_of(content), json.loads(_parts(content)[1]), flat_of(content)
    tally: Tally = {branch: members for branch, members in head.items() if branch not in (VARIANTS, REASONS)} | others
    return tally | ({EVALUATED: _nested(flat)} if flat else {})


def head_of(content: bytes) -> Tally:
    """What names no flag, with `variants` and `reasons`: how often each was given, by all flags together."""
    head: Tally = json.loads(_parts(content)[0])
    return head


def flat_of(content: bytes) -> Flat:
    """How often, by `flag␀variant␀reason`."""
    return dict(outcomes_of(content))


def outcomes_of(content: bytes) -> Iterable[tuple[str, int]]:
    """The same one by one, for whoever adds many up."""
    *_, numbers, names = _parts(content)
    return zip(names.decode().split(BETWEEN), map(int, numbers.split()), strict=True) if names else ()


def flag_of(content: bytes, flag: str) -> Tally:
    """What is told of one flag, as the branches of a tally that name flags have it."""
    _, others, numbers, names = _parts(content)
    tally = tallies.of_flag(json.loads(others), flag)
    found = _of_flag(flag, numbers, names)
    return tally | ({EVALUATED: _nested(found)} if found else {})


def _of_flag(flag: str, numbers: bytes, names: bytes) -> Flat:
    """Its outcomes stand one behind the other; how many stand before them says where their numbers are."""
    between, begin = BETWEEN.encode(), (flag + NUL).encode()
    before = -len(between) if names.startswith(begin) else names.find(between + begin)
    if before == -1:
        return {}
    place = before + len(between)
    first = names.count(between, 0, place)
    found = itertools.takewhile(lambda name: name.startswith(begin), _split(names, between, place))
    return dict(zip((name.decode() for name in found), map(int, numbers.split()[first:]), strict=False))


def _split(names: bytes, between: bytes, place: int) -> Iterator[bytes]:
    while place >= 0:
        end = names.find(between, place)
        yield names[place : end if end >= 0 else len(names)]
        place = end + len(between) if end >= 0 else -1


def _parts(content: bytes) -> list[bytes]:
    """The four lines; only the last may have line breaks in it."""
    parts = zlib.decompress(content).split(b"\n", 3)
    return parts if len(parts) > 1 else zlib.decompress(pressed(json.loads(parts[0]))).split(b"\n", 3)


def _written(part: Mapping[str, Any]) -> bytes:
    return json.dumps(part, separators=(",", ":"), sort_keys=True).encode()


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
