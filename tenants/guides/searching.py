"""Search in the documentation: over headings and text, in memory."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from tenants.guides import places
from tenants.guides.outlines import Heading, Outline, outline_of

LONGEST, MOST_WORDS, MOST_FOUND, AROUND = 200, 8, 30, 90
# The decisions and what people wrote about the project weigh less than the guides.
LIGHTER = ("decisions/", "project/")
# Where the words of other products are told in ours.
GLOSSARY = "glossary"


@dataclass(frozen=True, slots=True)
class Found:
    page: Outline
    heading: Heading
    excerpt: SafeString

    @property
    def address(self) -> str:
        return self.page.address if self.heading.level == 1 else f"{self.page.address}#{self.heading.anchor}"


@dataclass(frozen=True, slots=True)
class _Entry:
    """A section, in small letters for looking and as it is for showing."""

    page: Outline
    heading: Heading
    text: str
    title_small: str
    heading_small: str
    text_small: str


def search(asked: str) -> list[Found]:
    """The sections that have all of the words, the best first; none for no words."""
    words = asked[:LONGEST].lower().split()[:MOST_WORDS]
    if not words:
        return []
    scored = [(score, entry) for entry in _entries() if (score := _score(entry, words))]
    best = sorted(scored, key=lambda each: (-each[0], each[1].page.slug))[:MOST_FOUND]
    return [Found(entry.page, entry.heading, _excerpt(entry, words)) for _, entry in best]


@cache
def _entries() -> tuple[_Entry, ...]:
    return tuple(_all())


def _all() -> Iterator[_Entry]:
    for slug in places.files():
        page = outline_of(slug)
        for section in page.sections:
            title = section.heading.title
            yield _Entry(page, section.heading, section.text, page.title.lower(), title.lower(), section.text.lower())


def _score(entry: _Entry, words: Sequence[str]) -> float:
    """0 where a word is nowhere. A whole word in a heading weighs most, then the glossary, all of them together, how often."""
    total = 0.0
    for word in words:
        said = entry.text_small.count(word)
        in_heading, in_title = word in entry.heading_small, word in entry.title_small
        if not (said or in_heading or in_title):
            return 0.0
        whole = re.search(rf"\b{re.escape(word)}\b", entry.heading_small) is not None
        total += min(said, 5) + 8 * in_heading + 6 * whole + (6 if entry.heading.level == 1 else 1) * in_title
    total += 6 * (" ".join(words) in entry.text_small) + 8 * (entry.page.slug == GLOSSARY)
    return total / 2 if entry.page.slug.startswith(LIGHTER) else total


def _excerpt(entry: _Entry, words: Sequence[str]) -> SafeString:
    found = [at for word in (" ".join(words), *words) if (at := entry.text_small.find(word)) >= 0]
    start = max(0, (found[0] if found else 0) - AROUND)
    start = entry.text.find(" ", start) if start else 0
    end = start + 3 * AROUND
    shown = entry.text[start:end].strip()
    pattern = re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)), re.IGNORECASE)
    text = f"{'… ' if start else ''}{_marked(shown, pattern)}{' …' if end < len(entry.text) else ''}"
    return mark_safe(text)  # noqa: S308  (each part is escaped)


def _marked(text: str, pattern: re.Pattern[str]) -> str:
    parts, at = [], 0
    for match in pattern.finditer(text):
        parts += [escape(text[at : match.start()]), f"<mark>{escape(match[0])}</mark>"]
        at = match.end()
    return "".join([*parts, escape(text[at:])])


def near(slug: str) -> list[Outline]:
    """Pages that somebody may have meant who asked for one that is not there."""
    close = get_close_matches(slug, places.files(), n=4, cutoff=0.5)
    said = search(re.sub(r"[^\w]+", " ", slug))
    found = {page.slug: page for page in [*map(outline_of, close), *(each.page for each in said)]}
    return list(found.values())[:5]
