"""How numbers of experiments read on a page."""

from collections.abc import Mapping
from typing import Any

from django import template

from analytics.experiments.readings import amount

register = template.Library()
VERDICTS = {
    "better": "better",
    "worse": "worse",
    "perhaps": "perhaps chance",
    "unclear": "not decided",
    "too-few": "too few subjects",
    "all-the-same": "all the same",
    "too-few-values": "too few values",
}
WHAT_NOW = {
    "better": "{variant} does better, by more than chance explains. You may stop now, and conclude with {variant}.",
    "worse": "{variant} does worse, by more than chance explains. Stop, and conclude with {control}.",
    "perhaps": "{variant} may differ, but among so many comparisons one of this size may be chance. Let it run on.",
    "unclear": "Nothing is decided yet: {variant} may be better, worse or the same. Let it run on.",
    "too-few": "Too few people have met {variant} to say anything. Come back when there are at least 100 with each variant.",
    "all-the-same": "So far it is the same for everybody, with {variant} and with {control}: look whether its events arrive.",
    "too-few-values": "With {variant} or {control} nearly all values are the same, or there are few: this quantile says nothing."
    " Measure a mean, or another quantile.",
}
BADGES = {"better": "badge-on", "worse": "badge-killed", "perhaps": "badge-warning"}


@register.filter
def measured(value: float | None, metric: Mapping[str, Any]) -> str:
    """A rate in per cent, everything else in its unit."""
    if value is None:
        return "–"
    return f"{100 * value:.3g} %" if metric["kind"] == "conversion" else amount(value)


@register.filter
def differs(value: float | None, metric: Mapping[str, Any]) -> str:
    """A difference with its sign: rates differ by points."""
    if value is None:
        return "?"
    points = metric["kind"] == "conversion"
    number = 100 * value if points else value
    return f"{'+' if number > 0 else '−' if number < 0 else ''}{amount(abs(number))}"


@register.filter
def unit(metric: Mapping[str, Any]) -> str:
    return "points" if metric["kind"] == "conversion" else "its unit"


@register.filter
def as_lift(value: float) -> str:
    """By the control, in per cent."""
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{amount(abs(100 * value))} %"


@register.filter
def as_p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


@register.filter
def verdict_words(verdict: str) -> str:
    return VERDICTS[verdict]


@register.filter
def verdict_badge(verdict: str) -> str:
    return BADGES.get(verdict, "badge-line")


@register.simple_tag
def what_now(verdict: str, variant: str, control: str) -> str:
    """What somebody does next who knows nothing of statistics."""
    return WHAT_NOW[verdict].format(variant=variant, control=control)
