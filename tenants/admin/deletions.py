"""Deleting and bringing back, as actions for any kind of thing that can be deleted softly."""

from collections.abc import Callable
from typing import Any

from tenants.actors import Actor
from tenants.admin.actions import ServiceAction
from tenants.admin.walls import DELETE

Service = Callable[..., object]


def deletions(noun: str, delete: Service, undelete: Service) -> tuple[ServiceAction, ServiceAction]:
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
    )
