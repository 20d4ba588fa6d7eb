"""Actions: one verb on one thing or several, asked on a page of its own, done by one service call each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from tenants.acting import may_somewhere
from tenants.actors import Actor
from tenants.admin.forms import comment_field
from tenants.permissions import allowed
from tenants.refusals import REFUSALS, complaints_of

# Sent by the page that asks; a request without it comes from the list and has been asked nothing yet.
CONFIRMED = "confirmed"


class AskForm(forms.Form):
    """What an action wants to know before it is done; at least, why."""

    comment = comment_field()

    def __init__(self, *args: Any, actor: Actor, things: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        self.things = things
        self.prepare()
        self.order_fields([name for name in self.fields if name != "comment"])

    def prepare(self) -> None:
        """Choices and fields that depend on the things, walled for the actor."""


@dataclass(frozen=True, slots=True)
class ServiceAction:
    """`do(thing, actor, answers)` calls the service; `answers` are the form's cleaned values, the comment among them."""

    name: str
    verb: str
    label: str
    do: Callable[[Any, Actor, dict[str, Any]], object]
    explains: str = ""
    form: type[AskForm] = AskForm
    is_dangerous: bool = False
    is_for_one: bool = False
    is_for_deleted: bool = False
    # The place is chosen on the page, so the thing itself cannot tell yet whether the actor may.
    asks_where: bool = False
    applies_to: Callable[[Any], bool] = lambda thing: True

    def is_offered(self, actor: Actor, thing: Any) -> bool:
        if self.is_for_deleted or not self.applies_to(thing):
            return False
        return may_somewhere(actor, self.verb) if self.asks_where else allowed(actor, self.verb, thing)


@dataclass(slots=True)
class Outcome:
    """What became of an action: the things it was done to, and those that were refused, with the reason."""

    done: list[Any]
    refused: list[tuple[Any, Exception]]


def perform(action: ServiceAction, things: Sequence[Any], actor: Actor, answers: dict[str, Any]) -> Outcome:
    """Each thing in a transaction of its own: one that is refused does not hold up the others."""
    outcome = Outcome([], [])
    for thing in things:
        try:
            action.do(thing, actor, answers)
            outcome.done.append(thing)
        except REFUSALS as refusal:
            outcome.refused.append((thing, refusal))
    return outcome


def add_refusals(form: AskForm, outcome: Outcome, *, named: bool) -> None:
    for thing, refusal in outcome.refused:
        for complaint in complaints_of(refusal):
            field = complaint.member if complaint.member in form.fields else None
            form.add_error(field, f"{thing}: {complaint.message}" if named else complaint.message)


def ask(
    request: HttpRequest, action: ServiceAction, form: AskForm, context: dict[str, Any], *, back: str
) -> HttpResponse:
    context |= {
        "title": action.label,
        "action": action,
        "form": form,
        "things": form.things,
        "back": back,
        "selected_name": ACTION_CHECKBOX_NAME,
        "confirmed_name": CONFIRMED,
    }
    return TemplateResponse(request, "admin/ask.html", context)
