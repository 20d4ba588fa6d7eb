"""Which files are pages, and at which addresses; and where a link from one file leads."""

import posixpath
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from urllib.parse import unquote

from django.conf import settings
from django.urls import reverse

# Beside docs/: files that its pages lead to.
AROUND = {
    "README.md": "project/readme",
    "CHANGELOG.md": "project/changelog",
    "CONTRIBUTING.md": "project/contributing",
    "SECURITY.md": "project/security",
    "SUPPORT.md": "project/support",
    "CODE_OF_CONDUCT.md": "project/code-of-conduct",
    "tests/vectors/README.md": "project/vectors",
}
PICTURES = {".png": "image/png", ".svg": "image/svg+xml"}


@cache
def slugs() -> Mapping[str, str]:
    """Of every file that is a page, by its path from the root of the repository: `docs/relay.md` is `relay`, the index is ""."""
    root: Path = settings.ROOT
    below = sorted(path.relative_to(root).as_posix() for path in (root / "docs").rglob("*.md"))
    found = {name: _slug(name) for name in below} | {
        name: slug for name, slug in AROUND.items() if (root / name).is_file()
    }
    return MappingProxyType(found)


def _slug(name: str) -> str:
    slug = name.removeprefix("docs/").removesuffix(".md")
    return slug.removesuffix("README").removesuffix("/")


@cache
def files() -> Mapping[str, Path]:
    """The file of each page, by its slug."""
    return MappingProxyType({slug: settings.ROOT / name for name, slug in slugs().items()})


def name_of(slug: str) -> str:
    """Of the file, from the root of the repository."""
    return files()[slug].relative_to(settings.ROOT).as_posix()


@cache
def pictures() -> Mapping[str, Path]:
    """Every picture in docs/, by its path below it. What is not listed here is not served."""
    docs = settings.ROOT / "docs"
    found = sorted(path for path in docs.rglob("*") if path.suffix in PICTURES and path.is_file())
    return MappingProxyType({path.relative_to(docs).as_posix(): path for path in found})


def address(slug: str) -> str:
    return reverse("guides:page", args=[slug]) if slug else reverse("guides:index")


def target(name: str, link: str) -> str | None:
    """Where a link in the file leads: to a page, a picture or another host; None for files that are not served."""
    if "://" in link or link.startswith(("#", "mailto:")):
        return link
    path, _, anchor = link.partition("#")
    there = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(path)))
    end = f"#{anchor}" if anchor else ""
    if (slug := slugs().get(there, slugs().get(f"{there}/README.md"))) is not None:
        return address(slug) + end
    picture = there.removeprefix("docs/")
    return reverse("guides:picture", args=[picture]) if picture in pictures() else None
