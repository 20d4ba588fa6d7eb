"""What a ruleset is once it was read: frozen data that is only compared from then on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, final

from .context import Context, Reader
from .instants import clock

if TYPE_CHECKING:
    from .compile.bulk import Bulk


class _Missing(Enum):
    MISSING = "missing"


# No value at all, where the application's own default is used; JSON's null is never a value.
MISSING: Final = _Missing.MISSING

Reason = Literal["STATIC", "DEFAULT", "TARGETING_MATCH", "SPLIT", "DISABLED"]
ErrorCode = Literal["FLAG_NOT_FOUND", "TARGETING_KEY_MISSING", "PARSE_ERROR"]
Metadata = Mapping[str, bool | str | float]
NOTHING: Final[Mapping[Any, Any]] = MappingProxyType({})


@final
@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What somebody gets for a flag, and why; either `reason` or `error_code` is set.

    `value` is MISSING, and `variant` "", where there is none. `version` is the flag's, 0 for an unknown flag.
    A flag has finitely many answers, all made when the ruleset was read (only FLAG_NOT_FOUND is made on the spot), so
    `entry` and `item` keep their bytes, as the SDK API and as OFREP write them, once somebody got them. Values and metadata
    are shared with every other asker: treat them as frozen.
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
    entry: bytes | None = field(default=None, init=False, repr=False)
    item: bytes | None = field(default=None, init=False, repr=False)

    def remember(self, form: Literal["entry", "item"], written: bytes) -> bytes:
        """Keep the answer's bytes; most answers of a ruleset are never asked for."""
        object.__setattr__(self, form, written)
        return written


class Form(NamedTuple):
    """How answers are written, and how to find the bytes of one that was written before."""

    write: Callable[[Answer], bytes]
    written: Callable[[Answer], bytes | None]


class Condition:
    """What may hold for an asker. The kinds are in `conditions`; each is a small object, so that one can look into it."""

    __slots__ = ()

    def holds(self, scope: Scope) -> bool:
        raise NotImplementedError

    def blamed(self, scope: Scope) -> str | None:
        """The first flag, in document order, among what failed; None if no flag did. Only asked where it did not hold."""
        return None


@final
@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Ranges of hashes: the answer of range i holds below `ends[i]`; None goes on to the next rule.

    The last range, which has no end, holds the rest. `read` is None for the targeting key, the usual thing to split by.
    `keyless` is the answer without a usable key.
    """

    read: Reader | None
    prefix: bytes
    ends: tuple[int, ...]
    answers: tuple[Answer | None, ...]
    keyless: Answer


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    id: str
    condition: Condition | None  # None: everyone
    outcome: Answer | Split


@dataclass(frozen=True, slots=True)
class References:
    """What a definition names: flags, and segments with the rule that names each first ("" where it is no rule).

    They are looked up when somebody asks, so a definition stays what it is when one of them changes.
    """

    flags: frozenset[str] = frozenset()
    segments: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    reads_clock: bool = False


NO_REFERENCES: Final = References()


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """A named group of people. `source` is the JSON that it was read from, None where it came as a document.

    `fault` says why it cannot be read; no ruleset holds such a segment.
    """

    key: str
    source: str | None
    version: int
    included: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    rules: tuple[Condition, ...] = ()
    references: References = NO_REFERENCES
    fault: str | None = None


# The attributes that a shape's code looks at, each a name or how to find it; and what of a flag's own data it decides by.
Reads = tuple[str | Reader, ...]
Row = tuple[Any, ...]


class Shape:
    """What flags whose rules are built alike have in common: the code that decides one of them, or many at once."""

    __slots__ = ("__weakref__", "many", "one")

    def __init__(self, one: Callable[..., Answer], many: Callable[..., None]) -> None:
        self.one: Callable[[Scope, Reads, Row], Answer] = one
        self.many: Callable[[Scope, Reads, Sequence[Row], Callable[[Answer], object]], None] = many


Shaped = tuple[Shape, Reads, Row]


@dataclass(frozen=True, slots=True, eq=False)
class Flag:
    """One flag in one environment. `settled` is its answer where nothing about the asker matters.

    `shaped` is how it decides, from its first decision on (`compile.shapes`). `unmet` holds the answers for prerequisites that
    are not met, by the flag to blame (None: it is no flag). `source` is the JSON that it was read from, None where it came as
    a document; `fault` says why it answers PARSE_ERROR.
    """

    key: str
    source: str | None
    value_type: str
    version: int
    client_visible: bool
    enabled: bool
    settled: Answer | None
    fallthrough: Answer | Split
    rules: tuple[Rule, ...] = ()
    targets: Mapping[str | None, Answer] = field(default_factory=lambda: NOTHING)
    prerequisites: Condition | None = None
    unmet: Mapping[str | None, Answer] = field(default_factory=lambda: NOTHING)
    references: References = NO_REFERENCES
    fault: str | None = None
    shaped: Shaped | None = field(default=None, init=False, repr=False)

    def keep(self, shaped: Shaped) -> Shaped:
        """Remember how the flag decides. Whichever of two threads comes last, both made the same."""
        object.__setattr__(self, "shaped", shaped)
        return shaped


@dataclass(frozen=True, slots=True)
class Ruleset:
    """All flags of an environment, at one version.

    `reads_clock`: whether any rule compares with now, so that an answer may change while the ruleset does not.
    `unreadable` says, per flag that answers PARSE_ERROR, why. `bulks` holds, for clients and for servers and for each form of
    answers (None: as they are), how all flags are decided at once, as soon as somebody asked.
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
    bulks: dict[tuple[bool, Form | None], Bulk[Any]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )


class Scope:
    """One asker at one moment; remembers what segments and prerequisites said, so that each is asked once."""

    __slots__ = ("_instant", "answers", "attributes", "client", "key", "key_bytes", "now", "ruleset", "segments")

    def __init__(self, ruleset: Ruleset, context: Context, now: datetime, client: bool) -> None:
        self.ruleset = ruleset
        self.client = client
        self.attributes = context.attributes
        self.key = context.key
        self.key_bytes = context.key_bytes
        self.now = now
        self.answers: dict[str, Answer] = {}
        self.segments: dict[str, bool] = {}
        self._instant: int | None = None

    def instant(self) -> int:
        """Now in nanoseconds since 1970."""
        if self._instant is None:
            self._instant = clock(self.now)
        return self._instant
