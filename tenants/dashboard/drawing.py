"""Selects, inputs and boxes of forms, as Django draws them, but without its templates.

Those are rendered once for each option and once more for its attributes, which takes longer than all else of a page on which
one chooses among two hundred people.
"""

from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any

from django.forms.renderers import TemplatesSetting
from django.utils.safestring import SafeString

Widget = Mapping[str, Any]


class Renderer(TemplatesSetting):
    """What is not drawn here is a template, which a project or library may have replaced."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        draw = DRAWN.get(template_name)
        return SafeString(draw(context["widget"])) if draw else super().render(template_name, context, request)


def told(value: Any) -> str:
    """As it may stand in a page. Django's own asks first whether it is to be translated later, which takes as long again."""
    return str(value.__html__()) if hasattr(value, "__html__") else escape(str(value))


def drawn_attributes(attributes: Mapping[str, Any]) -> str:
    """True: by its name alone; False: not at all."""
    return "".join(
        f" {told(name)}" if value is True else f' {told(name)}="{told(value)}"'
        for name, value in attributes.items()
        if value is not False
    )


def drawn_input(widget: Widget) -> str:
    value = "" if widget["value"] is None else f' value="{told(widget["value"])}"'
    return f'<input type="{widget["type"]}" name="{told(widget["name"])}"{value}{drawn_attributes(widget["attrs"])}>'


def drawn_box(option: Widget) -> str:
    """One of several, with its label around it where the widget wants that."""
    box = drawn_input(option)
    if not option.get("wrap_label"):
        return box
    element_id = option["attrs"].get("id")
    its = f' for="{told(element_id)}"' if element_id else ""
    return f"<label{its}>{box} {told(option['label'])}</label>"


def drawn_boxes(widget: Widget) -> str:
    attributes = {name: value for name in ("id", "class") if (value := widget["attrs"].get(name))}
    groups = "".join(_box_group(name, options) for name, options, _ in widget["optgroups"])
    return f"<div{drawn_attributes(attributes)}>{groups}\n</div>"


def _box_group(name: Any, options: Iterable[Widget]) -> str:
    drawn = "".join(f"<div>\n    {drawn_box(option)}</div>" for option in options)
    return f"\n  <div><label>{told(name)}</label>{drawn}\n  </div>" if name else drawn


def drawn_select(widget: Widget) -> str:
    groups = "".join(_group(name, options) for name, options, _ in widget["optgroups"])
    return f'<select name="{told(widget["name"])}"{drawn_attributes(widget["attrs"])}>{groups}\n</select>'


def _group(name: Any, options: Iterable[Widget]) -> str:
    drawn = "".join(
        f'\n  <option value="{told(option["value"])}"{drawn_attributes(option["attrs"])}>{told(option["label"])}</option>'
        for option in options
    )
    return f'\n  <optgroup label="{told(name)}">{drawn}\n  </optgroup>' if name else drawn


INPUTS = (
    *("text", "number", "email", "url", "color", "search", "tel", "password", "hidden"),
    *("date", "datetime", "time", "checkbox"),
)
DRAWN: Mapping[str, Callable[[Widget], str]] = {
    "django/forms/widgets/select.html": drawn_select,
    **{f"django/forms/widgets/{name}.html": drawn_input for name in INPUTS},
    **{f"django/forms/widgets/{name}.html": drawn_boxes for name in ("checkbox_select", "radio")},
    **{f"django/forms/widgets/{name}_option.html": drawn_box for name in ("checkbox", "radio")},
}
