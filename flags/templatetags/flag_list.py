"""How the list of flags says when, and how often."""

from datetime import datetime, timedelta

from django import template

register = template.Library()
STEPS = ((timedelta(hours=1), timedelta(minutes=1), "min"), (timedelta(days=1), timedelta(hours=1), "h"))
SIZES = ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k"))
LONG_AGO = timedelta(days=100)


@register.filter
def age(at: datetime, now: datetime) -> str:
    """`now`, `4 min`, `2 h`, `3 d`, and the day where that was long ago."""
    passed = now - at
    if passed < timedelta(minutes=1):
        return "now"
    for end, unit, word in STEPS:
        if passed < end:
            return f"{passed // unit} {word}"
    return f"{passed.days} d" if passed < LONG_AGO else f"{at:%-d %b %Y}"


@register.filter
def amount(count: int) -> str:
    """With three digits that count: 88, 1.2 k, 612 k, 1.24 M."""
    size, word = next(((size, word) for size, word in SIZES if count >= size), (1, ""))
    if not word:
        return str(count)
    shown = count / size
    return f"{shown:.2f}"[:4].rstrip("0").rstrip(".") + f" {word}" if shown < 100 else f"{shown:.0f} {word}"
