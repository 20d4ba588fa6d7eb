"""What a flag decides by, written as Python: see `shapes`, which compiles it."""

import re
from collections.abc import Callable, Iterator
from operator import ge, gt, le, lt
from textwrap import indent

from ..conditions import Among, Every, Some, Versioned
from ..context import Reader
from ..judges import one_of
from ..model import Answer, Condition, Flag, Split

# A flag of more objects has no code of its own.
MOST_OBJECTS = 100

_COMPARISONS: dict[Callable[..., bool], str] = {ge: ">=", gt: ">", le: "<=", lt: "<", one_of: "in"}
_TEXT = """\
text{0} = scope.attributes.get(read{0})
if type(text{0}) is not str or not text{0}.isascii():
    text{0} = None"""
_VERSION = """\
text{0} = read{0}(scope.attributes)
version{0} = precedence(text{0}) if type(text{0}) is str and len(text{0}) <= MAX_SEMVER_LENGTH else None"""
_CODE = """\
def one(scope, reads, row):
{head}
    {row} = row
{body}

def many(scope, reads, rows, add):
{head}
    for {row} in rows:
{looped}
"""
_RETURN = re.compile(r"^( *)return (.*)$", re.MULTILINE)


class TooLong(Exception):
    """The flag has more than MOST_OBJECTS."""


class Writing:
    """The code of one flag, and the objects and reads that it takes; raises TooLong."""

    def __init__(self) -> None:
        self.objects: list[object] = []
        self.reads: list[str | Reader] = []

    def flag(self, flag: Flag) -> Iterator[str]:
        if flag.prerequisites is not None:
            condition = self._object(flag.prerequisites)
            yield f"if not {condition}.holds(scope):"
            yield f"    return unmet({condition}, {self._object(flag.unmet)}, scope)"
        if flag.targets:
            targets = self._object(flag.targets)
            yield f"if scope.key in {targets}:"
            yield f"    return {targets}[scope.key]"
        for rule in flag.rules:
            test = "True" if rule.condition is None else self._test(rule.condition)
            yield f"if {test}:"
            yield from (f"    {line}" for line in self._outcome(rule.outcome))
        yield from self._outcome(flag.fallthrough)

    def _test(self, condition: Condition) -> str:
        kind = type(condition)
        if kind is Every or kind is Some:
            tests = map(self._test, condition.parts)  # type: ignore[attr-defined]  # mypy does not follow `kind`
            word, empty = (" and ", "True") if kind is Every else (" or ", "False")
            return f"({word.join(tests) or empty})"
        if kind is Among:
            return self._among(condition)  # type: ignore[arg-type]
        if kind is Versioned and condition.matches in _COMPARISONS:  # type: ignore[attr-defined]
            return self._versioned(condition)  # type: ignore[arg-type]
        return f"{self._object(condition)}.holds(scope)"

    def _among(self, condition: Among) -> str:
        name, operand = self._object(condition), self._object(condition.operand)
        text = f"text{self._read(condition.attribute)}"
        word = "in" if condition.wanted else "not in"
        return f"({text} {word} {operand} if {text} is not None else {name}.holds(scope))"

    def _versioned(self, condition: Versioned) -> str:
        name, operand = self._object(condition), self._object(condition.operand)
        version = f"version{self._read(condition.read)}"
        compared = f"{version} {_COMPARISONS[condition.matches]} {operand}"
        wanted = compared if condition.wanted else f"not {compared}"
        return f"({wanted} if {version} is not None else {name}.holds(scope))"

    def _outcome(self, outcome: Answer | Split) -> Iterator[str]:
        name = self._object(outcome)
        if isinstance(outcome, Answer):
            yield f"return {name}"
            return
        found = f"drawn({name}, scope)"
        if outcome.read is None:
            yield "if key is None:"
            yield f"    return {name}.keyless"
            found = self._drawn(outcome)
        if None not in outcome.answers:
            yield f"return {found}"
            return
        yield f"answer = {found}"
        yield "if answer is not None:"
        yield "    return answer"

    def _drawn(self, split: Split) -> str:
        found = f"hash32({self._object(split.prefix)} + key)"
        if len(split.ends) == 1:
            end, first, second = map(self._object, (*split.ends, *split.answers))
            return f"{second} if {found} >= {end} else {first}"
        ends, answers = self._object(split.ends), self._object(split.answers)
        return f"{answers}[bisect_right({ends}, {found})]"

    def _object(self, value: object) -> str:
        if len(self.objects) == MOST_OBJECTS:
            raise TooLong
        self.objects.append(value)
        return f"c{len(self.objects) - 1}"

    def _read(self, read: str | Reader) -> int:
        if read not in self.reads:
            self.reads.append(read)
        return self.reads.index(read)

    def head(self) -> str:
        """What is the same for all flags of the shape that look at the same attributes."""
        names = "".join(f"read{number}, " for number in range(len(self.reads)))
        lines = [
            (_TEXT if isinstance(read, str) else _VERSION).format(number) for number, read in enumerate(self.reads)
        ]
        return "\n".join(["key = scope.key_bytes", *([f"{names}= reads"] if names else []), *lines])

    def row(self) -> str:
        return "(" + "".join(f"c{number}, " for number in range(len(self.objects))) + ")"


def code(head: str, row: str, body: str) -> str:
    """Two functions: `one` returns the answer of one flag, `many` adds those of many whose heads are the same."""
    looped = _RETURN.sub(r"\1add(\2)\n\1continue", body)
    parts = {"head": indent(head, " " * 4), "body": indent(body, " " * 4), "looped": indent(looped, " " * 8)}
    return _CODE.format(row=row, **parts)
