"""What there is to read, in which order: as docs/README.md lists it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tenants.guides import places
from tenants.guides.outlines import outline_of


@dataclass(frozen=True, slots=True)
class Entry:
    slug: str
    title: str

    @property
    def address(self) -> str:
        return places.address(self.slug)


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    entries: Sequence[Entry]


@cache
def groups() -> tuple[Group, ...]:
    """The pages below each heading of the index."""
    found: list[tuple[str, list[Entry]]] = []
    for kind, token in _inline(places.files()[""].read_text(encoding="utf-8")):
        if kind == "heading":
            found.append((token.content, []))
            continue
        for link, words in pairwise(token.children or ()):
            if link.type == "link_open" and found:
                _add(found[-1][1], str(link.attrGet("href")), words.content)
    return tuple(Group(title, tuple(entries)) for title, entries in found if entries)


def _inline(text: str) -> Iterator[tuple[str, Token]]:
    """What stands in headings of the second level, and elsewhere."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    for before, token in pairwise(tokens):
        if token.type == "inline":
            yield ("heading" if before.type == "heading_open" and before.tag == "h2" else "text"), token


def _add(entries: list[Entry], link: str, title: str) -> None:
    slug = places.slugs().get(f"docs/{link}", places.slugs().get(link.removeprefix("../")))
    if slug is not None and slug not in {entry.slug for entry in entries}:
        entries.append(Entry(slug, outline_of(slug).title if title.isdigit() else title))


def neighbours(slug: str) -> tuple[Entry | None, Entry | None]:
    """Those before and after it."""
    order = [entry for group in groups() for entry in group.entries]
    index = next((index for index, entry in enumerate(order) if entry.slug == slug), None)
    if index is None:
        return None, None
    return order[index - 1] if index else None, order[index + 1] if index + 1 < len(order) else None
