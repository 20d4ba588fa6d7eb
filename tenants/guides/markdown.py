"""Markdown as HTML. No HTML in a file is let through, and no address that a browser would run."""

import struct
from collections.abc import MutableMapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from tenants.guides import places
from tenants.guides.outlines import Anchors
from tenants.highlighting import highlighted


@cache
def html_of(slug: str) -> SafeString:
    """The page that a file is, written once in the life of the process; raises KeyError for a slug that no file has."""
    tokens, name = _parsed(slug), places.name_of(slug)
    _anchored(tokens)
    for token in tokens:
        _lead_on(token.children or (), name)
    html: str = _reader().renderer.render(tokens, _reader().options, {})
    return mark_safe(html)  # noqa: S308  (HTML in the file is escaped)


def _parsed(slug: str) -> list[Token]:
    return _reader().parse(places.files()[slug].read_text(encoding="utf-8"))


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "highlight": _code}).enable(["table", "strikethrough"])
    reader.add_render_rule("table_open", lambda *_: '<div class="wide" tabindex="0"><table class="table">')
    reader.add_render_rule("table_close", lambda *_: "</table></div>")
    reader.add_render_rule("code_block", lambda _, tokens, index, *__: _code(tokens[index].content, "", ""))
    reader.add_render_rule("image", _picture)
    return reader


def _code(content: str, language: str, _: str) -> str:
    return format_html('<pre class="code" tabindex="0">{}</pre>', highlighted(content.rstrip("\n"), language))


def _picture(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: MutableMapping[str, Any]
) -> str:
    """With its size, so that nothing moves when it comes; one of the light theme has its counterpart for the dark."""
    token = tokens[index]
    source, words = str(token.attrGet("src") or ""), renderer.renderInlineAsText(token.children, options, env)
    path = places.pictures().get(source.partition("/docs/")[2])
    size = format_html(' width="{}" height="{}"', *size_of(path)) if path and path.suffix == ".png" else ""
    image = format_html('<img src="{}" alt="{}" loading="lazy" decoding="async"{}>', source, words, size)
    dark = source.replace("-light.png", "-dark.png")
    if dark == source:
        return image
    return format_html('<picture><source media="(prefers-color-scheme: dark)" srcset="{}">{}</picture>', dark, image)


def size_of(path: Path) -> tuple[int, int]:
    """Width and height of a PNG, as its header says."""
    with path.open("rb") as file:
        width, height = struct.unpack(">II", file.read(24)[16:])
    return width, height


def _lead_on(tokens: Sequence[Token], name: str) -> None:
    """Links and pictures to where the pages are; what is not served is a word without a link."""
    dead = False
    for token in tokens:
        if token.type == "image":
            token.attrSet("src", places.target(name, str(token.attrGet("src"))) or "")
        elif token.type == "link_open":
            there = places.target(name, str(token.attrGet("href")))
            dead = there is None
            token.attrs = {} if there is None else {"href": there}
            token.tag = "span" if dead else "a"
        elif token.type == "link_close" and dead:
            token.tag, dead = "span", False


def _anchored(tokens: Sequence[Token]) -> None:
    """Each heading gets the anchor that code hosts give it."""
    anchor_of = Anchors()
    for heading, inline in pairwise(tokens):
        if heading.type == "heading_open":
            heading.attrSet("id", anchor_of("".join(part.content for part in inline.children or ())))
