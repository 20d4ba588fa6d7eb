"""What a page says under which heading, read from its Markdown line by line: a hundred times as quick as making HTML of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from tenants.guides import places

HEADING, FENCE, RULE = re.compile(r"(#{1,6}) +(.+?) *#*$"), re.compile(r" *(```|~~~)"), re.compile(r"[|\-: ]+$")
LINK, SIGNS = re.compile(r"!?\[([^\]]*)\]\([^)]*\)"), re.compile(r"[`|]|\*\*")


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    anchor: str
    title: str


@dataclass(frozen=True, slots=True)
class Section:
    """What stands below a heading, until the next one, as text."""

    heading: Heading
    text: str


@dataclass(frozen=True, slots=True)
class Outline:
    """A page without its HTML. `name` is the file's, from the root of the repository."""

    slug: str
    name: str
    sections: tuple[Section, ...]

    @property
    def title(self) -> str:
        return self.sections[0].heading.title

    @property
    def headings(self) -> list[Heading]:
        """Those of the second and third level."""
        return [section.heading for section in self.sections if section.heading.level in (2, 3)]

    @property
    def address(self) -> str:
        return places.address(self.slug)


class Anchors:
    """The anchors that code hosts give to the headings of one page, in their order."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def __call__(self, title: str) -> str:
        anchor = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        self._seen[anchor] = self._seen.get(anchor, -1) + 1
        return f"{anchor}-{self._seen[anchor]}" if self._seen[anchor] else anchor


@cache
def outline_of(slug: str) -> Outline:
    """Read once in the life of the process; raises KeyError for a slug that no file has."""
    text = places.files()[slug].read_text(encoding="utf-8")
    return Outline(slug, places.name_of(slug), tuple(_sections(text)))


def _sections(text: str) -> Iterator[Section]:
    anchor_of = Anchors()
    heading: Heading | None = None
    below: list[str] = []
    for line, found in _lines(text):
        if found is None:
            below.append(line)
            continue
        if heading is not None:
            yield Section(heading, _said(below))
        title = _plain(found[2])
        heading, below = Heading(len(found[1]), anchor_of(title), title), []
    if heading is not None:
        yield Section(heading, _said(below))


def _lines(text: str) -> Iterator[tuple[str, re.Match[str] | None]]:
    """Each line, and the heading that it is; in code nothing is one."""
    in_code = False
    for line in text.splitlines():
        is_fence = FENCE.match(line) is not None
        in_code ^= is_fence
        yield ("" if is_fence else line), (None if in_code or is_fence else HEADING.match(line))


def _said(lines: list[str]) -> str:
    return " ".join(" ".join(_plain(line) for line in lines if not RULE.match(line)).split())


def _plain(line: str) -> str:
    return SIGNS.sub("", LINK.sub(r"\1", line))
