"""What the page of a flag says again and again."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from flags import documents
from flags.dashboard.desk import Desk
from flags.dashboard.drafts.conditions import Condition
from flags.dashboard.drafts.serves import GOES_ON
from flags.dashboard.drafts.values import as_line, as_weight
from flags.dashboard.moves import GOES_ON as MOVED_ON
from flags.dashboard.summaries import line_of, word_of
from flags.dashboard.words import OPERATOR_WORDS
from flags.models import Flag, FlagConfig

register = template.Library()
COLORS = 5
OFFERED_VALUES = 8
# Operators that are offered negated as well; any other negation is shown where it is.
OFFERED_NEGATED = ("in", "contains", "starts_with", "ends_with", "matches", "semver_range", "cidr", "exists")


@register.simple_tag
def variant(flag: Flag, name: str) -> SafeString:
    """A variant with the colour that it has among those of its flag."""
    word = "goes on to the next step" if name in (GOES_ON, MOVED_ON) else name
    return format_html('<span class="variant {}">{}</span>', color_of(flag, name), word)


@register.simple_tag
def color_of(flag: Flag, name: str) -> str:
    """False is grey, true and all others are coloured in their order; what is no variant is pale."""
    if name not in flag.variants:
        return "v0"
    if flag.variants[name] is False:
        return "vf"
    colored = [each for each, value in flag.variants.items() if value is not False]
    return f"v{colored.index(name) % COLORS + 1}"


@register.simple_tag
def versions_shown(flag: Flag, configs: Mapping[str, FlagConfig]) -> str:
    """What a page with the flag in these environments says of itself when its socket opens."""
    places = [f"{key}:{documents.manifest_version(flag, config)}" for key, config in configs.items()]
    return " ".join([flag.key, *places])


@register.simple_tag
def bar(flag: Flag, pieces: Iterable[Any], kind: str = "") -> SafeString:
    """A bar of whatever has a variant, a start and a width in per cent; its words are read out."""
    drawn = list(pieces)
    label = ", ".join(f"{piece.variant} {per_cent(piece.width)}" for piece in drawn)
    rows = ((color_of(flag, piece.variant), piece.start, piece.width) for piece in drawn)
    rects = format_html_join("", '<rect class="{}" x="{}%" width="{}%"/>', rows)
    return format_html('<svg class="split-bar {}" role="img" aria-label="{}">{}</svg>', kind, label, rects)


@register.filter
def per_cent(share: float) -> str:
    return f"{as_weight(round(share, 3))} %"


@register.simple_tag
def operator_options(chosen: str) -> list[tuple[str, str]]:
    """Every operator with its words, and the negated one that is chosen."""
    options = []
    for op, (plain, negated) in OPERATOR_WORDS.items():
        options.append((op, plain))
        if op in OFFERED_NEGATED or chosen == f"not {op}":
            options.append((f"not {op}", negated))
    return options if any(value == chosen for value, _ in options) else [*options, (chosen, chosen)]


@register.simple_tag
def offered_values(desk: Desk, condition: Condition) -> list[str]:
    """What people have of this attribute and the condition does not name yet, each as one would type it."""
    known = desk.known.get(condition.attribute.text)
    if known is None or condition.values is None or condition.op.text not in ("in", "not in"):
        return []
    there = condition.values.text.splitlines()
    return [line for line in map(as_line, known.values) if line not in there][:OFFERED_VALUES]


@register.filter
def word(config: FlagConfig) -> str:
    return word_of(config)


@register.filter
def in_brief(config: FlagConfig) -> str:
    """As in the list of flags, with the word of its switch."""
    line = line_of(config.flag, config, has_targets=bool(config.targets))
    return f"{word_of(config)}, {line}"
