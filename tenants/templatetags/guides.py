"""Pictures of the documentation in templates."""

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tenants.guides.markdown import size_of
from tenants.guides.places import pictures

register = template.Library()


@register.simple_tag
def shot(name: str, words: str) -> SafeString:
    """A screenshot in the theme of the system, with its size: `{% shot "flags" "The list of flags" %}`."""
    light, dark = (f"screenshots/{name}-{theme}.png" for theme in ("light", "dark"))
    return format_html(
        '<picture class="shot"><source media="(prefers-color-scheme: dark)" srcset="{}">'
        '<img src="{}" alt="{}" width="{}" height="{}" decoding="async"></picture>',
        reverse("guides:picture", args=[dark]),
        reverse("guides:picture", args=[light]),
        words,
        *size_of(pictures()[light]),
    )
