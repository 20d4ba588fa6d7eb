"""What is kept of a person whose account was deleted, erased wherever it stands: an id remains that says nothing any more."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.models import Exists, ForeignKey, OuterRef, Q

from tenants import audit
from tenants.actors import Actor
from tenants.belongings import every_model, tracked
from tenants.models import AuditEvent, Invitation, Purge, User, WebhookDelivery
from tenants.models.users import NAMELESS
from tenants.purging.stages import Removed, remove_rows

ERASURE = Actor.system("erasure")
# The column in which a row and its history keep the name of whoever wrote them, beside the version that they wrote.
WRITER = "updated_by_name"


def erase_from_log(purge: Purge) -> None:
    """In a transaction for each chain; the entry that says so is the last of it. Doing it again does nothing."""
    user = User.with_deleted.get(pk=purge.thing_id)
    audit.erase_person(user, addresses=_addresses(user), actor=ERASURE)


def erase_some(purge: Purge) -> Removed:
    """The next rows that name the person or were sent to their address, then those that lead to them."""
    removed, user = Removed(Counter()), User.with_deleted.get(pk=purge.thing_id)
    for model in _signed_tables():
        _unsign(model, user.pk, removed)
    for rows in (*_invitations(user), _tellings(user)):
        ids = list(rows.values_list("pk", flat=True)[: removed.room])
        remove_rows(rows.model, ids)
        removed.add(rows.model._meta.label, len(ids))
    for field in _references():
        _let_go(field, user.pk, removed)
    return removed


def remove_person(purge: Purge) -> None:
    """The account's row, and its own past, which Django's deletion would make longer by one."""
    User.with_deleted.filter(pk=purge.thing_id).delete()
    User.history.filter(id=purge.thing_id).delete()


def _addresses(user: User) -> set[str]:
    """Those that they ever had; what stands there since the deletion is nobody's."""
    return set(user.history.values_list("email", flat=True)) | {user.email}


def _signed_tables() -> Iterator[Any]:
    """The tables of history with a name of whoever wrote each row."""
    for model in every_model():
        if tracked(model) is not model and WRITER in {field.name for field in model._meta.concrete_fields}:
            yield model


def _unsign(history: Any, user_id: str, removed: Removed) -> None:
    """First what lives, which is told by its history from whom it is."""
    theirs = history._base_manager.filter(history_user=user_id).exclude(**{WRITER: NAMELESS})
    written = theirs.filter(id=OuterRef("pk"), version=OuterRef("version"))
    living = tracked(history)._base_manager.filter(Exists(written)).exclude(**{WRITER: NAMELESS})
    for rows in (living, theirs):
        ids = list(rows.values_list("pk", flat=True)[: removed.room])
        rows.model._base_manager.filter(pk__in=ids).update(**{WRITER: NAMELESS})
        removed.add(rows.model._meta.label, len(ids))


def _invitations(user: User) -> Iterator[Any]:
    """To their addresses, from before they gave them up: whoever has one now is somebody else."""
    sent = Q(email__in=_addresses(user), created_at__lt=user.deleted_at)
    yield Invitation._base_manager.filter(sent)
    yield Invitation.history.filter(sent)


def _tellings(user: User) -> Any:
    """What webhooks told, or were going to tell, of what the person did, of them, and of their addresses."""
    done_or_suffered = AuditEvent._base_manager.filter(Q(actor_id=user.pk) | Q(object_id=user.pk))
    told = Q(event_id__in=done_or_suffered.values("id"))
    for address in _addresses(user):
        told |= Q(body__icontains=json.dumps(address)[1:-1])
    return WebhookDelivery._base_manager.filter(told)


def _references() -> Iterator[Any]:
    """Foreign keys that may name a person who is gone, and need not: who made, owned, deleted or changed something."""
    for model in every_model():
        for field in model._meta.concrete_fields:
            if isinstance(field, ForeignKey) and field.related_model is User and field.null and _is_loose(field):
                yield field


def _is_loose(field: Any) -> bool:
    return field.remote_field.on_delete is models.SET_NULL or not field.db_constraint


def _let_go(field: Any, user_id: str, removed: Removed) -> None:
    rows = field.model._base_manager.filter(**{field.attname: user_id})
    ids = list(rows.values_list("pk", flat=True)[: removed.room])
    field.model._base_manager.filter(pk__in=ids).update(**{field.attname: None})
    removed.add(field.model._meta.label, len(ids))
