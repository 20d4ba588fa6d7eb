"""Walks along a chain once, in a little memory, and names every entry that is not as it was written.

The position is part of what is hashed. So an entry that was moved, or numbered anew because one before it was removed, still
tells where it belongs: its true position is the one that makes its hash.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from . import ranges
from .checkpoints import Checkpoint
from .entries import FIRST_HASH, Entry, hash_of, is_whole, position_by_hash
from .findings import Finding, Report

# So far from where it stands is an entry's true position looked for, at about a microsecond each.
FAR = 100_000
# Behind so many that were edited, only near by: nobody can make a verification endless.
EDITED_AT_MOST, NEAR = 20, 100
ERASED, HEAD_BROKEN = "audit.person_erased", "audit.head_broken"


@dataclass(frozen=True, slots=True)
class Head:
    """Where the database says that a chain ends; `fault` says what is wrong with its key's mark, "" for nothing."""

    position: int
    hash: str
    fault: str = ""


@dataclass(frozen=True, slots=True)
class _Seen:
    """The last entry that stood in its order."""

    position: int
    hash: str
    told: str
    entry: str
    is_sound: bool


class Walk:
    """See every entry in the order of the positions, then `end`. Checkpoints are trusted ones of this chain."""

    def __init__(self, chain: str, checkpoints: Iterable[Checkpoint] = ()) -> None:
        self.report = Report(chain)
        marks = [one for one in checkpoints if one.chain == chain]
        self._marks = {(one.position, one.hash) for one in marks}
        self._marked = sorted({one.position for one in marks})
        self._purges = {one.position: one.hash for one in marks if one.kind == "purge"}
        self._previous: _Seen | None = None
        self._missing: list[ranges.Range] = []
        self._renumbered: Finding | None = None
        self._edited = 0
        # Parts that are gone, as rising positions in ranges, and those that an entry says were erased.
        self._gone: list[ranges.Range] = []
        self._declared: list[ranges.Range] = []

    def see(self, entry: Entry) -> None:
        self.report.entries += 1
        position, is_sound = self._judged(entry)
        expected = self._previous.position + 1 if self._previous else self._begins_at(position)
        if position < expected:
            self._came_late(entry, position)
            return
        if position > expected:
            self._missing.append((expected, position - 1))
        elif is_sound:
            self._check_link(entry, position)
        self._previous = _Seen(position, entry.hash, str(entry), entry.id, is_sound)
        self.report.first = self.report.first or position
        self._compare_with_checkpoints(entry, position)

    def end(self, head: Head | None = None) -> Report:
        """`head` is what the database says of the end; None where nobody can know."""
        for first, last in self._missing:
            self._find("removed", first, last, f"{_named(first, last)} missing before entry {last + 1}")
        if self._renumbered is not None and self.report.is_intact:
            self.report.add(self._renumbered)
        for first, last in ranges.without(self._gone, self._declared):
            self._find(
                "erased", first, last, f"a part of {_named(first, last, 'is', 'are')} gone, and nobody erased it"
            )
        self.report.last = self._previous.position if self._previous else 0
        self._look_beyond(head)
        return self.report

    # One entry

    def _judged(self, entry: Entry) -> tuple[int, bool]:
        """Its true position, and whether it is what was hashed."""
        if hash_of(entry) == entry.hash:
            position: int | None = entry.position
        else:
            position = self._true_position(entry)
        if position is None or not is_whole(entry):
            what = "does not make its own hash" if position is None else "does not make the hash of its payload"
            self._find("edited", entry.position, entry.position, f"{entry} was edited: it {what}", entry)
            return position or entry.position, False
        self._read(entry, position)
        return position, True

    def _true_position(self, entry: Entry) -> int | None:
        position = position_by_hash(entry, within=FAR if self._edited < EDITED_AT_MOST else NEAR)
        if position is None:
            self._edited += 1
        elif self._renumbered is None:
            words = f"{entry} was written at position {position}"
            self._renumbered = Finding("reordered", entry.position, entry.position, words, entry.id)
        return position

    def _read(self, entry: Entry, position: int) -> None:
        """What a sound entry says of the chain itself."""
        if not entry.has_person or not entry.nonce:
            ranges.put(self._gone, position)
        if entry.verb == ERASED and isinstance(entry.after, dict):
            for name in ("persons", "payloads"):
                self._declared += ranges.read(str(entry.after.get(name, "")))
        if entry.verb == HEAD_BROKEN:
            words = f"{entry} tells that the end before it was not written with the key of this installation"
            self._find("head", position, position, words, entry)

    # Its place among the others

    def _begins_at(self, position: int) -> int:
        """A chain begins at 1, or behind what was purged by policy."""
        return max((purged + 1 for purged in self._purges if purged < position), default=1)

    def _came_late(self, entry: Entry, position: int) -> None:
        if any(first <= position <= last for first, last in self._missing):
            self._missing = ranges.without(self._missing, [(position, position)])
            words = f"{entry} was written at position {position} and stands behind {self._told()}"
            self._find("reordered", position, position, words, entry)
        else:
            words = f"{entry} was put in: there is another at position {position}"
            self._find("added", position, position, words, entry)

    def _check_link(self, entry: Entry, position: int) -> None:
        if self._previous is None:
            before = FIRST_HASH if position == 1 else self._purges[position - 1]
            if entry.previous_hash != before:
                words = f"{entry} does not follow from what the chain begins with"
                self._find("rewritten", position, position, words, entry)
        elif entry.previous_hash != self._previous.hash and self._previous.is_sound:
            words = f"{self._told()} was replaced: {entry} follows from another"
            self._find("edited", self._previous.position, self._previous.position, words, entry=None)

    def _compare_with_checkpoints(self, entry: Entry, position: int) -> None:
        while self._marked and self._marked[0] <= position:
            mark = self._marked.pop(0)
            if mark < position:
                continue
            if (position, entry.hash) not in self._marks:
                words = f"entries {self.report.signed + 1} to {position} were rewritten: a checkpoint signed another {entry}"
                self._find("rewritten", position, position, words, entry)
            else:
                self.report.signed = position

    # The end

    def _look_beyond(self, head: Head | None) -> None:
        last = self.report.last
        marked = self._marked[-1] if self._marked else 0
        if marked > last:
            words = f"{_named(last + 1, marked)} cut off at the end, behind {self._told()}: a checkpoint has signed {marked}"
            self._find("cut_off", last + 1, marked, words)
        if head is not None:
            self._compare_with_head(head, last, marked)

    def _compare_with_head(self, head: Head, last: int, marked: int) -> None:
        if head.fault:
            words = f"{head.fault}: what followed {self._told()} was cut off, or what is there was rewritten"
            self._find("head", last, last, words)
        if head.position > max(last, marked):
            words = f"{_named(last + 1, head.position)} cut off at the end, behind {self._told()}"
            self._find("cut_off", last + 1, head.position, words)
        elif head.hash and head.position == last and self._previous and head.hash != self._previous.hash:
            self._find("edited", last, last, f"{self._told()} was replaced: the head names another")
        elif head.position < last:
            self._find(
                "added", head.position + 1, last, f"{_named(head.position + 1, last)} beyond the head of the chain"
            )

    def _find(self, kind: str, first: int, last: int, words: str, entry: Entry | None = None) -> None:
        self.report.add(Finding(kind, first, last, words, entry.id if entry is not None else ""))

    def _told(self) -> str:
        return self._previous.told if self._previous else "the beginning"


def _named(first: int, last: int, one: str = "is", several: str = "are") -> str:
    return f"entry {first} {one}" if first == last else f"entries {first} to {last} {several}"
