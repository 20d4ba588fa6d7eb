"""Code in colours: the words of its language, what stands in quotes, and comments. Everything else is text."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from pygments import lex
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Literal
from pygments.util import ClassNotFound

# As components.css paints them.
CLASSES = ((Comment, "c"), (Keyword, "k"), (Literal.String, "s"))


def highlighted(code: str, language: str) -> SafeString:
    """HTML; in a language that nobody knows, the code as it is."""
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return escape(code)
    return mark_safe("".join(_spans(lex(code, lexer))))  # noqa: S308  (each part is escaped below)


def _spans(tokens: Iterable[tuple[Any, str]]) -> Iterator[str]:
    for name, group in groupby(tokens, key=lambda token: _class_of(token[0])):
        text = escape("".join(text for _, text in group))
        yield f'<span class="{name}">{text}</span>' if name and text.strip() else text


def _class_of(kind: Any) -> str:
    return next((name for parent, name in CLASSES if kind in parent), "")
