"""What a rule or a fallthrough serves: one answer, or a split over the buckets."""

from sys import intern
from typing import Any

from ..bucketing import first_hash, salt_prefix
from ..context import NOW, TARGETING_KEY, reader
from ..limits import BUCKETS
from ..model import Answer, Reason, Split
from ..values import quoted, well_formed
from .answers import Answers
from .unreadable import Unreadable

Range = tuple[str | None, int, int]


class Outcomes:
    """Reads the serves of one flag, whose splits use `salt` where they have none of their own."""

    def __init__(self, answers: Answers, salt: object) -> None:
        self._answers = answers
        self._salt = salt

    def of_rule(self, rule: str, serve: Any) -> Answer | Split | None:
        """What the rule serves; None: nobody, because all of its width goes on to the next rule."""
        if not _has_split(serve):
            return self._answers.serving(_variant(serve), "TARGETING_MATCH", rule=rule)
        ranges = _ranges(serve)
        if whole := _only_variant(ranges):
            return self._answers.serving(whole, "TARGETING_MATCH", rule=rule)
        if all(variant is None for variant, _, _ in ranges):
            return None
        return self._split(serve["split"], ranges, f"rule {rule}", {"rule": rule})

    def of_fallthrough(self, serve: Any, reason: Reason) -> Answer | Split:
        """What everybody else gets; null leaves the application its own default."""
        if serve is None:
            return self._answers.nothing("DEFAULT")
        if not _has_split(serve):
            return self._answers.serving(_variant(serve), reason)
        ranges = _ranges(serve)
        if any(variant is None for variant, _, _ in ranges):
            raise Unreadable("a fallthrough has a null range")
        if whole := _only_variant(ranges):
            return self._answers.serving(whole, reason)
        return self._split(serve["split"], ranges, "the fallthrough", {})

    def _split(self, split: dict[str, Any], ranges: list[Range], where: str, marks: dict[str, str]) -> Split:
        by = split.get("by", TARGETING_KEY)
        if not isinstance(by, str) or by == NOW:
            raise Unreadable(f"{quoted(by)} is not the name of an attribute that tells people apart")
        return Split(
            read=None if by == TARGETING_KEY else reader(by),
            prefix=_prefix(split.get("salt", self._salt)),
            ends=tuple(first_hash(end) for _, _, end in ranges[:-1]),
            answers=tuple(
                None if variant is None else self._answers.serving(variant, "SPLIT", **marks)
                for variant, _, _ in ranges
            ),
            # The rules of many flags have the same ids.
            keyless=self._answers.error("TARGETING_KEY_MISSING", intern(f"the split in {where} needs {by}")),
        )


def _has_split(serve: object) -> bool:
    return isinstance(serve, dict) and "split" in serve


def _variant(serve: object) -> object:
    return serve.get("variant") if isinstance(serve, dict) else serve


def _only_variant(ranges: list[Range]) -> str | None:
    first = ranges[0][0]
    return first if all(variant == first for variant, _, _ in ranges) else None


def _ranges(serve: Any) -> list[Range]:
    split = serve["split"]
    written = split.get("ranges") if isinstance(split, dict) else None
    if not isinstance(written, list) or not written:
        raise Unreadable("a split has no ranges")
    end = 0
    for each in written:
        end = _end(each, start=end)
    if end != BUCKETS:
        raise Unreadable(f"the ranges of a split end at {end:,}, not at {BUCKETS:,}")
    return [(variant, start, stop) for variant, start, stop in written]


def _end(each: object, start: int) -> int:
    if not isinstance(each, list | tuple) or len(each) != 3 or not isinstance(each[0], str | None):
        raise Unreadable(f"{quoted(each)} is not a range")
    if type(each[1]) is not int or type(each[2]) is not int or each[1] != start or each[2] <= start:
        raise Unreadable(f"the range {quoted(each)} leaves a gap, overlaps, or is empty")
    return each[2]


def _prefix(salt: object) -> bytes:
    if not isinstance(salt, str) or not well_formed(salt):
        raise Unreadable("a split has no salt")
    return salt_prefix(salt)
