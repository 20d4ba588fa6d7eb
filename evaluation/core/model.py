"""What a ruleset is once it was read: frozen data that is only compared from then on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final, Literal

from .context import Context, Reader
from .instants import clock


class _Missing(Enum):
    MISSING = "missing"


# No value at all, where the application's own default is used; JSON's null is never a value.
MISSING: Final = _Missing.MISSING

Reason = Literal["STATIC", "DEFAULT", "TARGETING_MATCH", "SPLIT", "DISABLED"]
ErrorCode = Literal["FLAG_NOT_FOUND", "TARGETING_KEY_MISSING", "PARSE_ERROR"]
Metadata = Mapping[str, bool | str | float]


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What somebody gets for a flag, and why; either `reason` or `error_code` is set.

    `value` is MISSING, and `variant` "", where there is none. `version` is the flag's, 0 for an unknown flag.
    A flag has finitely many answers, all made when the ruleset was read (only FLAG_NOT_FOUND is made on the spot), so
    `encoded` may keep their bytes. Values and metadata are shared with every other asker: treat them as frozen.
    """

    key: str
    value: object
    variant: str
    reason: Reason | None
    error_code: ErrorCode | None
    error_details: str | None
    version: int
    metadata: Metadata
    value_type: str
    encoded: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)


Predicate = Callable[["Scope"], bool]


@dataclass(frozen=True, slots=True)
class Check:
    """A condition or a group; `flag` names the flag that a prerequisite asks, `children` are what a group holds."""

    holds: Predicate
    flag: str | None = None
    children: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    key: str
    version: int
    included: frozenset[str]
    excluded: frozenset[str]
    rules: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """Ranges of buckets: the answer of range i holds below `ends[i]`; None goes on to the next rule.

    `read` is None for the targeting key, the usual thing to split by. `keyless` is the answer without a usable key.
    """

    read: Reader | None
    prefix: bytes
    ends: tuple[int, ...]
    answers: tuple[Answer | None, ...]
    keyless: Answer


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    holds: Predicate | None  # None: everyone
    outcome: Answer | Split


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag in one environment. `settled` is its answer where nothing about the asker matters.

    `unmet` holds the answers for prerequisites that are not met, by the flag to blame (None: it is no flag).
    """

    key: str
    value_type: str
    version: int
    client_visible: bool
    enabled: bool
    settled: Answer | None
    prerequisites: Check | None
    unmet: Mapping[str | None, Answer]
    targets: Mapping[str, Answer]
    rules: tuple[Rule, ...]
    fallthrough: Answer | Split


@dataclass(frozen=True, slots=True)
class Ruleset:
    """All flags of an environment, at one version.

    `reads_clock`: whether any rule compares with now, so that an answer may change while the ruleset does not.
    `unreadable` says, per flag that answers PARSE_ERROR, why.
    """

    environment: str
    version: int
    issued: str
    flags: Mapping[str, Flag]
    segments: Mapping[str, Segment]
    reads_clock: bool
    unreadable: Mapping[str, str]
    ordered: tuple[Flag, ...]
    client_visible: tuple[Flag, ...]


class Scope:
    """One asker at one moment; remembers what segments and prerequisites said, so that each is asked once."""

    __slots__ = ("_instant", "answers", "attributes", "client", "key", "now", "ruleset", "segments")

    def __init__(self, ruleset: Ruleset, context: Context, now: datetime, client: bool) -> None:
        self.ruleset = ruleset
        self.client = client
        self.attributes = context.attributes
        self.key = context.key
        self.now = now
        self.answers: dict[str, Answer] = {}
        self.segments: dict[str, bool] = {}
        self._instant: int | None = None

    def instant(self) -> int:
        """Now in nanoseconds since 1970."""
        if self._instant is None:
            self._instant = clock(self.now)
        return self._instant
