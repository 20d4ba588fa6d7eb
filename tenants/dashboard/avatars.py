"""How a person looks in a small circle: their initials, and a colour that stays theirs."""

from zlib import crc32

from tenants.models import Environment

COLORS = [color for color in Environment.Color.values if color != Environment.Color.SLATE]


def initials_of(name: str) -> str:
    words = name.partition("@")[0].replace(".", " ").replace("-", " ").split() or ["?"]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else words[0][1:2])).upper()


def color_of(name: str) -> str:
    """The name of a colour of environments."""
    color: str = COLORS[crc32(name.encode()) % len(COLORS)]
    return color
