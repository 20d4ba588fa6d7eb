"""From text to a tree by the grammar, or to the one place where it cannot go on."""

from collections.abc import Iterator
from functools import cache

from lark import Lark, Token, Tree, UnexpectedCharacters, UnexpectedToken
from lark.lark import PostLex
from lark.lexer import PatternStr

from flags.language.expectations import complaint
from flags.language.places import TextFault

MOST_CHARACTERS = 1_000_000
# About a second's work; ten thousand targets are twenty thousand of them.
MOST_WORDS = 250_000


class BadSyntax(Exception):
    """The text does not follow the grammar."""

    def __init__(self, fault: TextFault) -> None:
        super().__init__(str(fault))
        self.fault = fault


class _Words(PostLex):
    """Stops at a text that would take long to read, and takes words whole."""

    # Without it "server" would be read as "serve" where no name can stand.
    always_accept = ("WORD",)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        for count, token in enumerate(stream):
            if count == MOST_WORDS:
                message = f"at most {MOST_WORDS:,} words, values and signs are read"
                raise BadSyntax(TextFault(message, token.line or 1, token.column or 1))
            yield token


@cache
def grammar() -> Lark:
    return Lark.open_from_package(
        __package__,
        "rules.lark",
        [""],
        parser="lalr",
        start=["state", "membership"],
        propagate_positions=True,
        postlex=_Words(),
    )


def fixed_words() -> dict[str, str]:
    """The words and signs that the grammar spells out, by the names of their terminals."""
    return {each.name: each.pattern.value for each in grammar().terminals if isinstance(each.pattern, PatternStr)}


def tree_of(text: str, start: str) -> Tree[Token]:
    """The tree of a `state` or a `membership`; raises BadSyntax."""
    if len(text) > MOST_CHARACTERS:
        raise BadSyntax(TextFault(f"at most {MOST_CHARACTERS:,} characters are read, these are {len(text):,}", 1, 1))
    try:
        return grammar().parse(text, start=start)
    except (UnexpectedCharacters, UnexpectedToken) as error:
        raise BadSyntax(complaint(error, text, fixed_words())) from None
