"""Distinct subjects that met a split: a uniform sample of bounded size, which adds up over days and over whoever counted.

Of all subjects those with the lowest hashes are kept, so that everybody is as likely to be among them, however often they came.
Adding is a union: in any order, and the same twice, it gives the same sample. A subject that met two variants is kept as such,
and so is one that met its variant by two rules.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import NamedTuple

# So many subjects are kept. Of a split in halves, 58 : 42 is then found 19 times in 20, at p < 0.001.
SIZE = 1_000
MOST_IN_THE_MAKING = 8 * SIZE
HASH_BYTES = 5
# Stored in the place of a variant. A sample knows the variants below this number; who met any other is kept as a switcher.
SWITCHED = 255


class Met(NamedTuple):
    """`variant`: None where there were several. `rule`: "" is the fallthrough, None several of them or one that was not kept."""

    variant: str | None
    rule: str | None = None


SEVERAL = Met(None)
# A subject's lot, which is its hash → what it met.
Sample = dict[int, Met]


class Tallied(NamedTuple):
    """Subjects by variant, and how many met several and belong to none."""

    subjects: Counter[str]
    switched: int


def hash_of(subject: str, key: bytes) -> int:
    """Another one under each key (32 bytes), and none of those by which subjects are put into buckets."""
    return int.from_bytes(blake2b(subject.encode("utf-8", "surrogatepass"), digest_size=HASH_BYTES, key=key).digest())


class Sampling:
    """A sample in the making, of subjects under one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._met: Sample = {}

    def meet(self, subject: str, variant: str, rule: str = "") -> None:
        _meet(self._met, hash_of(subject, self._key), Met(variant, rule))
        if len(self._met) > MOST_IN_THE_MAKING:
            self._met = lowest(self._met)

    @property
    def sample(self) -> Sample:
        return lowest(self._met)


def union(samples: Iterable[Mapping[int, Met]]) -> Sample:
    whole: Sample = {}
    for sample in samples:
        for lot, met in sample.items():
            _meet(whole, lot, met)
    return lowest(whole)


def _meet(sample: Sample, lot: int, met: Met) -> None:
    before = sample.get(lot, met)
    if before != met:
        met = Met(met.variant) if before.variant == met.variant else SEVERAL
    sample[lot] = met


def lowest(sample: Sample) -> Sample:
    return {lot: sample[lot] for lot in sorted(sample)[:SIZE]}


def tallied(sample: Mapping[int, Met]) -> Tallied:
    subjects = Counter(met.variant for met in sample.values() if met.variant is not None)
    return Tallied(subjects, len(sample) - subjects.total())


def by_rule(sample: Mapping[int, Met]) -> Mapping[str, Mapping[str, int]]:
    """Subjects by the one rule by which they met a variant, and that variant; all others are left out."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for variant, rule in sample.values():
        if variant is not None and rule is not None:
            found[rule][variant] += 1
    return found


def packed(sample: Mapping[int, Met]) -> bytes:
    """As it is stored: what was met as JSON, a zero byte, and six bytes for each subject.

    A variant stands there with its rule, and alone where that is not known or there are too many of both.
    """
    whole = {met for met in sample.values() if met.variant is not None}
    if len(whole) > SWITCHED:
        sample = {lot: Met(met.variant) for lot, met in sample.items()}
    kept = sorted({met for met in sample.values() if met.variant is not None}, key=_in_order)[:SWITCHED]
    places = {met: place for place, met in enumerate(kept)}
    entries = (lot.to_bytes(HASH_BYTES) + bytes([places.get(met, SWITCHED)]) for lot, met in sorted(sample.items()))
    names = [met.variant if met.rule is None else met for met in kept]
    return json.dumps(names).encode() + b"\0" + b"".join(entries)


def _in_order(met: Met) -> tuple[str, bool, str]:
    return met.variant or "", met.rule is not None, met.rule or ""


def unpacked(content: bytes) -> Sample:
    if not content:
        return {}
    written, _, entries = bytes(content).partition(b"\0")
    kept = [Met(name) if isinstance(name, str) else Met(*name) for name in json.loads(written)]
    starts = range(0, len(entries), HASH_BYTES + 1)
    return {int.from_bytes(entries[at : at + HASH_BYTES]): _met(entries[at + HASH_BYTES], kept) for at in starts}


def _met(place: int, kept: list[Met]) -> Met:
    return SEVERAL if place == SWITCHED else kept[place]
