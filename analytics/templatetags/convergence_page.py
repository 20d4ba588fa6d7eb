"""How convergence reads on a page."""

from django import template

from evaluation.convergence.reading import Reporting

register = template.Library()


@register.filter
def seconds(value: float | None) -> str:
    """A duration in two digits that count: 84 ms, 1.2 s, 3 min; a dash for None, where nobody waited."""
    if value is None:
        return "–"
    if value < 1:
        return f"{1000 * value:.0f} ms"
    return f"{value:.1f} s" if value < 10 else f"{value:.0f} s" if value < 120 else f"{value / 60:.0f} min"


@register.filter
def lags(reporting: Reporting, version: int) -> bool:
    return not reporting.has_reached(version)
