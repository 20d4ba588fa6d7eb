"""Selects, inputs and boxes say what Django's own say."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
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


INPUTS = [
    (forms.TextInput, "a <b>"),
    (forms.NumberInput, 1234.5),
    (forms.EmailInput, None),
    (forms.URLInput, ""),
    (forms.ColorInput, "#fff"),
    (forms.SearchInput, "x"),
    (forms.TelInput, "1"),
    (forms.PasswordInput, "secret"),
    (forms.HiddenInput, 0),
    (forms.DateInput, date(2026, 1, 2)),
    (forms.DateTimeInput, datetime(2026, 1, 2, 3, 4, tzinfo=UTC)),
    (forms.TimeInput, time(3, 4)),
    (forms.CheckboxInput, True),
    (forms.CheckboxInput, "other"),
]


@pytest.mark.parametrize(("widget", "value"), INPUTS)
def test_an_input_is_drawn_as_django_draws_it(widget: type[forms.Widget], value: object) -> None:
    drawn = widget({"class": 'of "x"', "required": True, "disabled": False})

    ours = drawn.render("owner", value, renderer=get_default_renderer())

    assert parse_html(ours) == parse_html(drawn.render("owner", value, renderer=DjangoTemplates()))


@pytest.mark.parametrize("widget", [forms.CheckboxSelectMultiple, forms.RadioSelect])
def test_boxes_are_drawn_as_django_draws_them(widget: type[forms.CheckboxSelectMultiple | forms.RadioSelect]) -> None:
    boxes = widget({"id": "id_owner"}, OPTIONS)
    subwidgets = boxes.get_context("owner", ["1"], {})["widget"]["optgroups"][1][1]

    ours = boxes.render("owner", ["1"], renderer=get_default_renderer())

    assert parse_html(ours) == parse_html(boxes.render("owner", ["1"], renderer=DjangoTemplates()))
    for option in subwidgets:
        context = {"widget": {**option, "wrap_label": False}}
        name = option["template_name"]
        assert parse_html(get_default_renderer().render(name, context)) == parse_html(
            DjangoTemplates().render(name, context)
        )
