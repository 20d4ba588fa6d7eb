"""How numbers and moments of telemetry read on a page."""

from datetime import datetime

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma

from analytics.ratio import Result

register = template.Library()
UNITS = (("s", 1e9), ("ms", 1e6), ("µs", 1e3), ("ns", 1.0))
UNCOUNTED = 1e15


@register.filter
def duration(nanoseconds: float) -> str:
    """With three digits that count: 1.25 ms."""
    word, size = next(((word, size) for word, size in UNITS if nanoseconds >= size), UNITS[-1])
    return f"{nanoseconds / size:,.3g} {word}" if nanoseconds < 1000 * size else f"{nanoseconds / size:,.0f} {word}"


@register.filter
def counted(number: float) -> str:
    """1,200 whole; half of an uneven number keeps its half; what nobody counts any more as 1.5e+20."""
    if abs(number) >= UNCOUNTED:
        return f"{number:.4g}"
    return f"{number:,g}" if number < 100_000 else f"{number:,.0f}"


@register.filter
def short(number: float) -> str:
    """For an axis, where there is little room: 2.5 M."""
    size, word = next(((size, word) for size, word in ((1e9, " G"), (1e6, " M")) if number >= size), (1.0, ""))
    return f"{number / size:,.12g}{word}"


@register.filter
def part(share: float) -> str:
    """A share in per cent, to a tenth: 33.3 %; what is there at all is never 0."""
    return "< 0.1 %" if 0 < share < 0.05 else f"{share:.1f} %"


@register.filter
def as_part(probability: float) -> str:
    return part(100 * probability)


@register.filter
def odds(result: Result) -> str:
    """Once in so many cases, in words where they are too many to be said."""
    return (
        f"{intcomma(round(1 / result.p_value))} cases"
        if result.p_value > 1e-9
        else "more than a thousand million cases"
    )


@register.filter
def mark(start: datetime, step: str) -> str:
    """A point in time below a plot."""
    return f"{start.day} {start:%b}" if step == "day" else f"{start:%H:%M}"


@register.filter
def moment(start: datetime, step: str) -> str:
    """A step in words, in UTC as all of telemetry."""
    day = f"{start.day} {start:%b %Y}"
    return {"day": day, "hour": f"{day}, in the hour from {start:%H:%M}"}.get(step, f"{day} {start:%H:%M}")
