"""What could have stood where a text cannot be read on, in people's words."""

from collections.abc import Collection, Mapping

from lark import Token, UnexpectedCharacters, UnexpectedToken

from evaluation.core.parse.faults import suggestion
from evaluation.core.values import quoted
from flags.language.places import Place, TextFault

_END = "$END"
# Terminals that are said by their kind; the first that is allowed says enough of the others.
_KINDS = {
    "SYMBOL": "an operator",
    "WORD": "a name",
    "TRUE": "a value",
    "STRING": "a text in double quotes",
    "NUMBER": "a number",
}
# First words that never stand alone.
_PHRASES = {"only": "only if", "code": "code default", "next": "next rule", "ignoring": "ignoring case"}
_VALUES = ("TRUE", "FALSE", "NULL")
_HABITS = {"&": "and", "&&": "and", "|": "or", "||": "or", "!": "not", "else": "otherwise", "default": "otherwise"}
_QUOTING = 'it stands between " and " on one line, and a backslash goes before " \\ / b f n r t or u and four digits'


def complaint(error: UnexpectedCharacters | UnexpectedToken, text: str, fixed: Mapping[str, str]) -> TextFault:
    """What was found where the text cannot be read on, and what was expected; `fixed` are the grammar's own words."""
    allowed: set[str] = error.interactive_parser.accepts()  # type: ignore[no-untyped-call]  # lark leaves it untyped
    expected = _listed(allowed, fixed)
    if isinstance(error, UnexpectedCharacters):
        found = _odd_sign(error.char)
    elif error.token.type == _END:
        return TextFault(f"expected {expected}, but the text ends", *_end_of(text))
    else:
        found = _odd_word(error.token, allowed, fixed)
    return TextFault(f"expected {expected}, not {found}", error.line, error.column)


def _odd_sign(sign: str) -> str:
    if sign == '"':
        return f"a text that does not end or holds what it cannot: {_QUOTING}"
    return quoted(sign) + ("; texts stand in straight double quotes" if sign in "'`“”„‘’«»" else "")


def _odd_word(token: Token, allowed: Collection[str], fixed: Mapping[str, str]) -> str:
    word = token.strip('"')
    words = {fixed[name] for name in allowed if name in fixed}
    if (habit := _HABITS.get(word)) in words:
        return f'{quoted(word)}; did you mean "{habit}"?'
    if "STRING" in allowed and "WORD" not in allowed and word.isidentifier() and word not in fixed.values():
        return f"{quoted(word)}; a text stands in quotes"
    return quoted(word) + suggestion(word, words)


def _listed(allowed: Collection[str], fixed: Mapping[str, str]) -> str:
    expected = [kind for name, kind in _KINDS.items() if name in allowed][:1]
    words = sorted(word for name, word in fixed.items() if name in allowed and name not in _VALUES)
    expected += [f'"{_PHRASES.get(word, word)}"' for word in words]
    expected += ["the end"] if _END in allowed else []
    *most, last = expected
    return f"{', '.join(most)} or {last}" if most else last


def _end_of(text: str) -> Place:
    lines = text.split("\n")
    return Place(len(lines), len(lines[-1]) + 1)
