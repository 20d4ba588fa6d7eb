"""How the list of flags says when."""

from datetime import datetime, timedelta

from django import template

register = template.Library()
STEPS = ((timedelta(hours=1), timedelta(minutes=1), "min"), (timedelta(days=1), timedelta(hours=1), "h"))
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
