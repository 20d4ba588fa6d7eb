"""What the page of attributes says."""

from collections.abc import Mapping

from django import template

register = template.Library()


@register.filter
def share(part: float) -> str:
    """Of 1, in per cent; what is there is never nothing."""
    return "< 1 %" if 0 < part < 0.01 else f"{round(100 * part)} %"


@register.simple_tag
def own_class(classes: Mapping[str, str], name: str) -> str:
    """The class that somebody gave this attribute; "" for none."""
    return classes.get(name, "")
