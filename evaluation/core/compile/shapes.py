"""Code for the shape of a flag: what the rules of many flags have in common is written out once, as Python, and compiled.

A shape is how many rules there are, of which kinds their conditions are and how they are nested, and what kinds of outcomes
they have. All that a document says (names, values, salts, answers) stays data: the code gets the flag's own objects as
c0, c1, …, so that no text of a document ever comes into it. For a rule "country in [IN] or plan in [pro], serve a split":

    if (text0 in c1 if text0 is not None else c0.holds(scope)) or (text1 in c3 if text1 is not None else c2.holds(scope)):
        if key is None:
            return c4.keyless
        return c8 if hash32(c5 + key) >= c6 else c7
    return c9

Written out are the commonest conditions about the commonest values; everything else asks the condition itself. What it all
means is said in `deciding`, which also decides for flags that are too long for this.
"""

import linecache
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any
from weakref import WeakValueDictionary, finalize

from ..bucketing import hash32
from ..deciding import decide, drawn, unmet
from ..limits import MAX_SEMVER_LENGTH
from ..model import Answer, Flag, Reads, Row, Scope, Shape, Shaped
from ..semver import precedence
from .code import TooLong, Writing, code

# Where so many are in use, a new shape has no code: to compile one takes about a millisecond.
MOST_SHAPES = 250

_KNOWN = {
    "MAX_SEMVER_LENGTH": MAX_SEMVER_LENGTH,
    "bisect_right": bisect_right,
    "drawn": drawn,
    "hash32": hash32,
    "precedence": precedence,
    "unmet": unmet,
}
_shapes: WeakValueDictionary[tuple[str, str], Shape] = WeakValueDictionary()


def shaped(flag: Flag) -> Shaped:
    """How the flag decides: made at its first decision, and kept with it from then on."""
    writing = Writing()
    try:
        shape = _shape(writing, "\n".join(writing.flag(flag)))
    except TooLong:
        shape = None
    if shape is None:
        return flag.keep((_PLAIN, (), (replace(flag),)))  # a copy, since a flag that holds itself is let go late
    return flag.keep((shape, tuple(writing.reads), tuple(writing.objects)))


def _shape(writing: Writing, body: str) -> Shape | None:
    """The shape with this code; None where it would be one too many."""
    head = writing.head()
    known = _shapes.get((head, body))
    if known is None and len(_shapes) < MOST_SHAPES:
        known = _shapes[head, body] = _compiled(code(head, writing.row(), body))
    return known


def _compiled(text: str) -> Shape:
    """Its text is where a traceback looks for it."""
    name = f"<shape {sha256(text.encode()).hexdigest()[:12]}>"
    made: dict[str, Any] = dict(_KNOWN)
    exec(compile(text, name, "exec"), made)  # noqa: S102  (a text of this file alone)
    shape = Shape(made["one"], made["many"])
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    finalize(shape, linecache.cache.pop, name, None)
    return shape


def _plain_one(scope: Scope, reads: Reads, row: Row) -> Answer:
    return decide(row[0], scope)


def _plain_many(scope: Scope, reads: Reads, rows: Sequence[Row], add: Callable[[Answer], object]) -> None:
    for (flag,) in rows:
        add(decide(flag, scope))


_PLAIN = Shape(_plain_one, _plain_many)
