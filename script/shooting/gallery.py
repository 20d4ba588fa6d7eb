"""Where the pictures lie, and the page that shows them all."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from script.shooting.pages import PAGES, Shot

FOLDER = Path(__file__).resolve().parents[2] / "docs/screenshots"
INTRODUCTION = """# What people see

Every page, as `script/screenshots` took it of the demo: by day, by night, and on a phone. After a change of how something looks,
run it again; with names of pages it takes these alone.
"""


@dataclass(frozen=True)
class Mode:
    """A window, in CSS pixels, and what its owner prefers."""

    name: str
    width: int
    height: int
    scheme: Literal["light", "dark"]


MODES = (
    Mode("light", 1440, 900, "light"),
    Mode("dark", 1440, 900, "dark"),
    Mode("phone", 375, 812, "light"),
)


def picture(shot: Shot, mode: Mode) -> str:
    return f"{shot.name}-{mode.name}.png"


def gallery() -> str:
    """The page, in Markdown."""
    return "\n".join([INTRODUCTION, *map(_entry, PAGES)])


def _entry(shot: Shot) -> str:
    pictures = " ".join(f"![{shot.title}, {mode.name}]({picture(shot, mode)})" for mode in MODES)
    return f"## {shot.title}\n\n{pictures}\n"
