"""The variables of the environment that FlagForge knows, as docs/operating.md lists them, and what they hold, masked.

Needs no settings, so that it can tell of variables that keep these from loading.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

PAGE = Path(__file__).resolve().parents[1] / "docs/operating.md"
ROW = re.compile(r"^\| `([A-Z][A-Z0-9_]+)` \|(.*?)\| (.*) \|$", re.MULTILINE)
OURS = "FLAGFORGE_"
SECRET = re.compile(r"(?:KEY|SECRET|PASSWORD|TOKEN|HEADERS)S?$")
SECRET_FIELD = re.compile(r"key|secret|password|token|signature", re.IGNORECASE)
MASK = "••••••"


@dataclass(frozen=True, slots=True)
class Variable:
    """`default` and `meaning` as the page says them, without its marks; not of the server: SDKs and scripts alone read it."""

    name: str
    default: str
    meaning: str
    is_of_server: bool


@cache
def known() -> dict[str, Variable]:
    """By name, in the order of the page."""
    section = PAGE.read_text(encoding="utf-8").split("\n## Environment variables\n", 1)[1].split("\n## ", 1)[0]
    ours = section.partition("\n\nOnly ")[0]
    return {
        name: Variable(name, _plain(default), _plain(meaning), f"| `{name}` |" in ours)
        for name, default, meaning in ROW.findall(section)
    }


def _plain(text: str) -> str:
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text).replace("`", "").strip()


def unknown(environment: Iterable[str]) -> dict[str, str]:
    """Names that begin like ours and mean nothing, each with the known one that it resembles most ("" for none)."""
    found = (name for name in environment if name.startswith(OURS) and name not in known())
    return {name: next(iter(get_close_matches(name, known(), 1, 0.75)), "") for name in sorted(found)}


def is_secret(name: str) -> bool:
    return SECRET.search(name) is not None


def shown(name: str, value: str) -> str:
    """The value as anybody may see it: secrets as a row of dots, also those within URLs."""
    if not value:
        return ""
    if is_secret(name):
        return MASK
    return masked_url(value) if "://" in value else value


def masked_url(value: str) -> str:
    """Without its password, and for object storage without its key; all of it masked where it cannot be read."""
    try:
        parts = urlsplit(value)
        host, query = parts.netloc.rpartition("@")[2], parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return MASK
    hidden = [(field, MASK if SECRET_FIELD.search(field) else held) for field, held in query]
    user = "" if parts.scheme == "s3" else parts.username or ""
    who = f"{user or MASK}{f':{MASK}' if parts.password is not None else ''}@" if "@" in parts.netloc else ""
    return parts._replace(netloc=f"{who}{host}", query=urlencode(hidden, safe=f"{MASK}/:,")).geturl()


def secrets_in(environment: Mapping[str, str]) -> set[str]:
    """Texts that must not be shown, as far as these variables hold such: whole values, and passwords within URLs."""
    found: set[str] = set()
    for name, value in environment.items():
        if name not in known():
            continue
        if is_secret(name):
            found.update((value, *value.split(",")))
        elif "://" in value:
            found.update(_secrets_of_url(value))
    return {text.strip() for text in found if len(text.strip()) >= SHORTEST_SECRET}


SHORTEST_SECRET = 4  # a shorter one would be found in any text


def _secrets_of_url(value: str) -> Iterable[str]:
    """What stands between the first colon after the user and the last @, however odd the rest is."""
    credentials = value.partition("://")[2].rpartition("@")[0]
    yield credentials.partition(":")[2]
    query = value.partition("?")[2].partition("#")[0]
    yield from (held for field, held in parse_qsl(query) if SECRET_FIELD.search(field))
