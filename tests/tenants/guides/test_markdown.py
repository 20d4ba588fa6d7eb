"""Markdown as HTML: nothing that stands in a file runs in a browser."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tenants.guides import markdown, outlines, places
from tenants.guides.markdown import html_of
from tenants.guides.outlines import outline_of

Write = Callable[[str], str]


def forget() -> None:
    for cached in (places.slugs, places.files, places.pictures, outlines.outline_of, markdown.html_of):
        cached.cache_clear()


@pytest.fixture
def write(tmp_path: Path, settings: Any) -> Iterator[Write]:
    """The HTML of a page with this text, in a repository of its own with another page and a picture."""
    settings.ROOT = tmp_path
    (tmp_path / "docs/deep").mkdir(parents=True)
    (tmp_path / "docs/README.md").write_text("# All\n")
    (tmp_path / "docs/other.md").write_text("# Other\n\n## Here\n")
    (tmp_path / "docs/picture.svg").write_text("<svg/>")
    (tmp_path / "secret.md").write_text("# Secret\n")

    def written(text: str) -> str:
        (tmp_path / "docs/deep/page.md").write_text(text)
        forget()
        return html_of("deep/page")

    yield written
    forget()


@pytest.mark.parametrize(
    "text",
    [
        "# T\n\n<script>alert(1)</script>",
        "# T\n\nA <img src=x onerror=alert(1)> in text",
        "# T\n\n[click](javascript:alert(1))",
        "# T\n\n[click](<data:text/html,<script>alert(1)</script>>)",
        "# T\n\n```html\n<script>alert(1)</script>\n```",
        '# T\n\n```"><script>alert(1)</script>\nx\n```',
        "# <script>alert(1)</script>\n",
        '# T\n\n![x" onerror="alert(1)](../picture.svg)',
    ],
)
def test_nothing_runs(write: Write, text: str) -> None:
    html = write(text)

    assert "<script" not in html
    assert 'href="javascript' not in html
    assert 'href="data' not in html
    assert '" onerror' not in html
    assert "<img src=x" not in html


@pytest.mark.parametrize(
    ("link", "there"),
    [
        ("../other.md", "/docs/other/"),
        ("../other.md#here", "/docs/other/#here"),
        ("..", "/docs/"),
        ("#below", "#below"),
        ("https://example.com/x.md", "https://example.com/x.md"),
        ("../picture.svg", "/docs/picture.svg"),
    ],
)
def test_links_lead_to_pages(write: Write, link: str, there: str) -> None:
    assert f'<a href="{there}">x</a>' in write(f"# T\n\n[x]({link})")


@pytest.mark.parametrize("link", ["../../secret.md", "../../settings.py", "../../../etc/passwd", "missing.md"])
def test_a_link_to_what_is_not_served_is_a_word(write: Write, link: str) -> None:
    html = write(f"# T\n\n[word]({link}) and [other](../other.md)")

    assert "<span>word</span>" in html
    assert '<a href="/docs/other/">other</a>' in html


def test_headings_have_the_anchors_of_code_hosts(write: Write) -> None:
    write("# What a `flag` means\n\n## At most 5, or 6?\n\n## Again\n\n## Again\n")

    anchors = [section.heading.anchor for section in outline_of("deep/page").sections]
    assert anchors == ["what-a-flag-means", "at-most-5-or-6", "again", "again-1"]


def test_code_is_coloured_and_tables_may_be_wide(write: Write) -> None:
    html = write('# T\n\n```python\nif x: y = "z"  # why\n```\n\n| a |\n|---|\n| b |\n')

    assert '<span class="k">if</span>' in html
    assert '<span class="s">&quot;z&quot;</span>' in html
    assert '<span class="c"># why</span>' in html
    assert '<div class="wide" tabindex="0"><table class="table">' in html
