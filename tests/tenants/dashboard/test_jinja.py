"""Parts of pages in Jinja's language: as careful with what people typed as Django's, and stricter with names."""

from typing import Any

import pytest
from django.template import Context, Template, engines
from jinja2 import UndefinedError


def drawn(text: str, **known: object) -> str:
    return str(engines["jinja2"].from_string(text).render(known))


def test_what_people_typed_is_escaped_and_what_we_drew_is_not() -> None:
    assert drawn("{{ name }} {{ icon('x') }}", name="<b>") == "&lt;b&gt; " + drawn("{{ icon('x') }}")
    assert drawn("{{ icon('x') }}").startswith("<svg")


def test_a_name_that_stands_for_nothing_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="'flagg' is undefined"):
        drawn("{{ flagg.name }}", flag="checkout")


def test_every_one_of_them_can_be_read() -> None:
    engine: Any = engines["jinja2"]
    environment = engine.env
    names = environment.list_templates(extensions=["jinja"])

    assert "flags/_flag_rows.jinja" in names
    for name in names:
        environment.get_template(name)


def test_a_template_of_django_s_draws_one_with_what_it_knows() -> None:
    page = Template('{% load pages %}{% drawn "flags/_flag_rows.jinja" rows=none %}')

    assert page.render(Context({"none": []})) == ""
