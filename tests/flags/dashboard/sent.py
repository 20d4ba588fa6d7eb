"""A page's form as a browser without scripts sends it."""

from html.parser import HTMLParser
from typing import Any


class _Form(HTMLParser):
    """Collects what the form of that id would send: what is typed, chosen and checked, by name."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id, self.inside = form_id, False
        self.fields: dict[str, str] = {}
        self.buttons: list[dict[str, str]] = []
        self.text_of = self.select = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.inside = given.get("id") == self.form_id
        if tag == "button" and (self.inside or given.get("form") == self.form_id):
            self.buttons.append(given)
        if self.inside:
            self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "input" and name and (given.get("type") != "checkbox" or "checked" in given):
            self.fields[name] = given.get("value", "")
        elif tag == "textarea":
            self.text_of = name
            self.fields[name] = ""
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and ("selected" in given or self.select not in self.fields):
            self.fields[self.select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        if tag == "textarea":
            self.text_of = ""
        if tag == "select":
            self.select = ""

    def handle_data(self, data: str) -> None:
        if self.text_of:
            self.fields[self.text_of] += data.replace("\n", "\r\n")


def form_on(answer: Any, form_id: str = "editor") -> _Form:
    form = _Form(form_id)
    form.feed(answer.content.decode())
    return form


def fields_on(answer: Any, **typed: str) -> dict[str, str]:
    """What the form would send, with these typed over it; each must be an input of the page."""
    fields = form_on(answer).fields
    assert not (missing := typed.keys() - fields.keys()), f"the page has no input {missing}"
    return fields | typed
