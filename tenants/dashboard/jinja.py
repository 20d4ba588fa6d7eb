"""What templates in Jinja's language may use: parts and filters that those in Django's have too, by the same names."""

from typing import Any

from django.template import defaultfilters, engines
from jinja2 import Environment, StrictUndefined

from tenants.templatetags.pages import avatar, icon

LIBRARIES = ("pages", "flag_list", "humanize")


def environment(**options: Any) -> Environment:
    """In it a name that stands for nothing is an error."""
    made = Environment(**{**options, "undefined": StrictUndefined})  # noqa: S701  (Django's backend asks for autoescape)
    made.globals |= {"avatar": avatar, "icon": icon}
    made.filters["date"] = defaultfilters.date
    django: Any = engines["django"]
    for name in LIBRARIES:
        made.filters |= django.engine.template_libraries[name].filters
    return made
