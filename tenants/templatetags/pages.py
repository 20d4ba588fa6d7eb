"""What the templates of the pages say again and again."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from django import template
from django.conf import settings
from django.contrib.admin.utils import quote
from django.forms import BoundField
from django.http import HttpRequest
from django.template import engines
from django.template.base import FilterExpression, Parser, TextNode, Token
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tenants.browsers import words_for
from tenants.dashboard.avatars import color_of, initials_of
from tenants.dashboard.forms import look_of
from tenants.dashboard.shell import theme_of
from tenants.permissions import allowed
from tenants.usage import usage_in

register = template.Library()


class Icon(template.Node):
    """One whose name is known only when the page is drawn."""

    def __init__(self, named: Iterable[FilterExpression]) -> None:
        self.named = list(named)

    def render(self, context: template.Context) -> SafeString:
        return icon(*(each.resolve(context) for each in self.named))


@register.tag("icon")
def icon_tag(parser: Parser, token: Token) -> template.Node:
    """Most are the same on every page, so they are drawn once, with the template: lists have hundreds."""
    named = [parser.compile_filter(word) for word in token.split_contents()[1:]]
    if any(each.is_var for each in named):
        return Icon(named)
    return TextNode(icon(*(each.resolve(template.Context()) for each in named)))


@cache
def icon(name: str, size: str = "") -> SafeString:
    """One of static/tenants/icons.svg, beside a word that says the same: `{% icon "flag" %}`, small: `{% icon "x" "s" %}`."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        " icon-s" if size == "s" else "",
        static("tenants/icons.svg"),
        name,
    )


@register.simple_tag
def avatar(name: object) -> SafeString:
    """The initials of a person, in a colour that stays theirs."""
    return format_html(
        '<span class="avatar" data-env="{}" aria-hidden="true">{}</span>', color_of(str(name)), initials_of(str(name))
    )


@register.simple_tag(takes_context=True)
def inside(context: Mapping[str, Any], name: str, *rest: str) -> str:
    """`{% url %}` to something in the organization or project of the page, for lists of hundreds: the route is looked up once.

    Its ids and keys are such as an address takes unquoted.
    """
    return str(context["shell"].address(name, *rest))


@register.simple_tag(takes_context=True)
def drawn(context: template.Context, name: str, **more: Any) -> SafeString:
    """A template of Jinja's, with what this one knows: `{% drawn "flags/_flag_rows.jinja" rows=listing.rows %}`."""
    known = {key: value for key, value in context.flatten().items() if isinstance(key, str)}
    return SafeString(engines["jinja2"].get_template(name).render({**known, **more}))


@register.simple_tag
def copied(text: str) -> SafeString:
    """A key or slug, and the button that copies it."""
    return format_html(
        '<span class="secret"><code class="truncate">{}</code>{}</span>', text, _copy("copy", text, text)
    )


@register.simple_tag
def copied_from(element_id: str) -> SafeString:
    """The button that copies what stands in the element."""
    return _copy("copy-from", element_id)


def _copy(what: str, value: str, spoken: str = "") -> SafeString:
    # In dense places the word is not shown.
    return format_html(
        '<button class="button button-quiet button-s" type="button" data-{}="{}" aria-label="Copy{}">'
        "{} <span>Copy</span></button>",
        what,
        value,
        f" {spoken}" if spoken else "",
        icon("copy", "s"),
    )


@register.inclusion_tag("tenants/_field.html")
def field(bound: BoundField) -> dict[str, object]:
    """Label, input, hint and what is wrong, tied together for who cannot see: `{% field form.name %}`."""
    return {"field": bound, "input": bound.as_widget(attrs={"class": look_of(bound.field.widget)})}


@register.simple_tag
def boxes(several: Iterable[Any]) -> SafeString:
    """Each of these boxes of a form with its label, which may be hundreds: `{% boxes form.recipients %}`."""
    rows = ((box.id_for_label, box.tag(), box.choice_label) for box in several)
    return format_html_join("", '<label class="row" for="{}">{} <span>{}</span></label>', rows)


@register.inclusion_tag("tenants/_near_limit.html", takes_context=True)
def near_limit(context: Mapping[str, Any], name: str, used: int | None = None) -> dict[str, Any]:
    """A warning from 80 % of a limit on, where more would be made: `{% near_limit "flags_per_project" %}`.

    It counts with one query, unless the page has counted.
    """
    shell = context["shell"]
    place = shell.project if name.endswith("_per_project") else shell.organization
    return {
        "usage": usage_in(place, name, used),
        "place": place,
        "organization": shell.organization,
        "may_look": allowed(shell.actor, "organization.view", shell.organization),
    }


@register.simple_tag
def sends_mail() -> bool:
    """Whether mails leave this server; otherwise they are files that its operator can read."""
    return bool(settings.EMAIL_URL)


@register.filter
def browser_name(user_agent: str) -> str:
    """Firefox on Linux, as people call it; the text that the browser sent where it names none that we know."""
    return words_for(user_agent) or user_agent[:80] or "unknown"


@register.simple_tag
def in_admin(thing: Any) -> SafeString:
    """The way to the same thing in the admin, where everybody finds what their role lets them see."""
    name = f"admin:{thing._meta.app_label}_{thing._meta.model_name}_change"
    return format_html(
        '<a class="button button-quiet button-s in-admin" href="{}" aria-label="In the admin">{} <span>In the admin</span></a>',
        reverse(name, args=[quote(thing.pk)]),
        icon("gear", "s"),
    )


@register.filter
def marked(text: str, words: Iterable[str]) -> SafeString:
    """The text with these words in bold, wherever they stand first."""
    pattern = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    parts = re.split(f"({pattern})", text, flags=re.IGNORECASE) if pattern else [text]
    return format_html_join(
        "", "{}", ((format_html("<b>{}</b>", part) if place % 2 else part,) for place, part in enumerate(parts))
    )


@register.simple_tag(takes_context=True)
def theme(context: Mapping[str, object]) -> str:
    """The theme that this browser chose; "" follows the system."""
    request = context.get("request")
    return theme_of(request) if isinstance(request, HttpRequest) else ""
