"""What the page shows, exactly as it was typed. Its address says all of it: the server keeps nothing."""

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict

ALL = "all"
MOST_CONTEXTS = 8
MOST_DRAFTS = 8
LONGEST_PLAIN = 1_200  # characters of a query that is shared as it is; longer ones are packed
LONGEST_UNPACKED = 500_000


@dataclass(frozen=True, slots=True)
class TypedContext:
    """`kept` is the last text that could be read; the matrix shows that while the newest cannot."""

    name: str
    text: str
    kept: str = ""


@dataclass(frozen=True, slots=True)
class TypedDraft:
    flag: str
    environment: str
    text: str


@dataclass(frozen=True, slots=True)
class Setup:
    """`contexts` is None where nobody typed any yet; `cell` is `<environment>/<context>/<flag>`."""

    environment: str = ""
    search: str = ""
    at: str = ""
    client: bool = False
    cell: str = ""
    contexts: tuple[TypedContext, ...] | None = None
    drafts: tuple[TypedDraft, ...] = ()

    @classmethod
    def of(cls, query: QueryDict) -> "Setup":
        """Of two values of one name the last holds: that of the button which was pressed."""
        if "packed" in query:
            query = QueryDict(unpacked(_last(query, "packed")))
        return cls(
            environment=_last(query, "environment"),
            search=_last(query, "q"),
            at=_last(query, "at"),
            client=_last(query, "as") == "client",
            cell=_last(query, "cell"),
            contexts=_contexts(query) if "context" in query or "bare" in query else None,
            drafts=_drafts(query),
        )

    def query(self) -> str:
        """The same as the query of an address, without what says nothing."""
        pairs = [
            ("environment", self.environment),
            ("q", self.search),
            ("at", self.at),
            ("as", "client" if self.client else ""),
            ("cell", self.cell),
            *_pairs(self),
        ]
        return urlencode([pair for pair in pairs if pair[1] or pair[0] in KEPT_EMPTY])

    def shared(self) -> str:
        """The query of a link that may be pasted anywhere: short ones can be read, long ones are packed."""
        query = self.query()
        return query if len(query) <= LONGEST_PLAIN else urlencode({"packed": packed(query)})


# These come in threes, so that an empty one must keep its place.
KEPT_EMPTY = {"name", "context", "kept", "draft_flag", "draft_environment", "draft", "bare"}


def _pairs(setup: Setup) -> Iterable[tuple[str, str]]:
    if setup.contexts == ():
        yield "bare", ""
    for context in setup.contexts or ():
        yield from (("name", context.name), ("context", context.text), ("kept", context.kept))
    for draft in setup.drafts:
        yield from (("draft_flag", draft.flag), ("draft_environment", draft.environment), ("draft", draft.text))


def _last(query: QueryDict, name: str) -> str:
    return str(query.get(name, ""))


def _contexts(query: QueryDict) -> tuple[TypedContext, ...]:
    texts = query.getlist("context")[:MOST_CONTEXTS]
    names, kept = (_padded(query.getlist(name), len(texts)) for name in ("name", "kept"))
    return tuple(map(TypedContext, names, texts, kept))


def _drafts(query: QueryDict) -> tuple[TypedDraft, ...]:
    texts = query.getlist("draft")[:MOST_DRAFTS]
    flags, environments = (_padded(query.getlist(f"draft_{name}"), len(texts)) for name in ("flag", "environment"))
    return tuple(map(TypedDraft, flags, environments, texts))


def _padded(values: list[str], length: int) -> list[str]:
    return [*values, *[""] * length][:length]


def packed(query: str) -> str:
    return urlsafe_b64encode(zlib.compress(query.encode(), 9)).decode().rstrip("=")


def unpacked(text: str) -> str:
    """The query again; "" for what was never packed, or unpacks to more than anybody types."""
    try:
        reader = zlib.decompressobj()
        query = reader.decompress(urlsafe_b64decode(text + "=" * (-len(text) % 4)), LONGEST_UNPACKED)
        return query.decode() if reader.eof else ""
    except (zlib.error, Error, ValueError):
        return ""
