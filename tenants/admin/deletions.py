"""Deleting and bringing back, as actions for any kind of thing that can be deleted softly."""

from collections.abc import Callable
from typing import Any

from django import forms

from tenants import services
from tenants.actors import Actor
from tenants.admin.actions import AskForm, ServiceAction
from tenants.admin.forms import text_field
from tenants.admin.walls import DELETE
from tenants.purging.beginning import key_of

Service = Callable[..., object]


class TypedForm(AskForm):
    """Asks for the key of what goes for ever."""

    confirm: forms.CharField = text_field()

    def prepare(self) -> None:
        self.fields["confirm"].label = f"Type {key_of(self.things[0])} to confirm"


def purge(thing: Any, actor: Actor, answers: dict[str, Any]) -> object:
    return services.purge_now(thing, confirm=answers["confirm"], actor=actor, comment=answers["comment"])


def deletions(noun: str, delete: Service, undelete: Service) -> tuple[ServiceAction, ...]:
    def do_delete(thing: Any, actor: Actor, answers: dict[str, Any]) -> object:
        return delete(thing, actor=actor, comment=answers["comment"])

    def do_undelete(thing: Any, actor: Actor, answers: dict[str, Any]) -> object:
        return undelete(thing, actor=actor, comment=answers["comment"])

    verb = f"{noun}.delete"
    return (
        ServiceAction(
            DELETE,
            verb,
            "Delete",
            do_delete,
            explains="It stops working at once. Within the organization's retention time it can be undeleted:"
            ' filter the list by "deleted".',
            is_dangerous=True,
        ),
        ServiceAction("undelete", verb, "Undelete", do_undelete, is_for_deleted=True),
        ServiceAction(
            "purge",
            "organization.purge",
            "Delete for ever",
            purge,
            form=TypedForm,
            explains="It is gone for good then, with all that belongs to it: nobody can bring it back.",
            is_dangerous=True,
            is_for_one=True,
            is_for_deleted=True,
        ),
    )
