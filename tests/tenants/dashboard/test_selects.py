"""Our template of a select says what Django's own says."""

from typing import Any

from django import forms
from django.forms.renderers import DjangoTemplates, get_default_renderer
from django.test.html import parse_html

OPTIONS = [("", "Anybody"), ('Those of "Acme"', [(1, "Ada <b>"), ("b&b", "Bob")]), (None, "Nobody")]


class Marked(forms.Select):
    def create_option(self, name: str, value: Any, *rest: Any, **more: Any) -> Any:
        option = super().create_option(name, value, *rest, **more)
        option["attrs"] |= {"disabled": value == "", "hidden": False, "data-of": value}
        return option


def test_a_select_is_drawn_as_django_draws_it() -> None:
    select = Marked({"class": "input", "required": True}, OPTIONS)

    ours = select.render("owner", "b&b", renderer=get_default_renderer())

    assert parse_html(ours) == parse_html(select.render("owner", "b&b", renderer=DjangoTemplates()))
    assert "&lt;b&gt;" in ours
    assert "selected" in ours
    assert not isinstance(get_default_renderer(), DjangoTemplates)
