"""Saved views: made, renamed, shared and deleted. One's own are nobody else's matter, so they are no entries of the audit log."""

from typing import Any

from django.db import transaction

from flags.models import SavedView
from tenants import audit, outbox
from tenants.actors import Actor
from tenants.changes import check, faults_of, insert, locked, tidy
from tenants.models import Project, User
from tenants.permissions import NotAllowed, require
from tenants.problems import Conflict, Fault, TooMany

# In one project: of one person, and shared.
MOST_VIEWS = 30


def save_view(project: Project, *, name: str, query: str, shared: bool = False, actor: Actor) -> SavedView:
    """A name for what is looked for; `query` is what follows the ? in the address of the list. To share it takes project.edit."""
    user = _person_who_may(project, actor, shared)
    view = SavedView(organization=project.organization, project=project, name=tidy(name), query=query)
    view.user = None if shared else user
    check(None, faults=_faults(view))
    with transaction.atomic():
        locked(project)
        _refuse_one_more(view)
        insert(view, actor=actor, comment="", taken=_taken(view))
        _tell(actor, "saved_view.created", view, None, _facts(view))
    return view


def edit_view(view: SavedView, *, name: str, shared: bool, actor: Actor) -> SavedView:
    """Rename it, or give it to the project or take it back for oneself; who changes a shared one needs project.edit."""
    user = _person_who_may(view.project, actor, shared or view.is_shared)
    with transaction.atomic():
        locked(view.project)
        view = _own(locked(view), user)
        before, was_shared = _facts(view), view.is_shared
        view.name, view.user = tidy(name), None if shared else user
        check(None, faults=_faults(view))
        if was_shared is not shared:
            _refuse_one_more(view)
        if _same_name(view).exists():
            raise Conflict(_taken(view))
        view.save(update_fields=["name", "user"])
        if was_shared or shared:
            _tell(actor, "saved_view.edited", view, before, _facts(view), is_shared=True)
    return view


def delete_view(view: SavedView, *, actor: Actor) -> None:
    """For good: it is a name, and no flag goes with it."""
    user = _person_who_may(view.project, actor, view.is_shared)
    with transaction.atomic():
        locked(view.project)
        view = _own(locked(view), user)
        before, view_id = _facts(view), view.id
        view.delete()
        view.id = view_id  # Django forgets it with the row
        _tell(actor, "saved_view.deleted", view, before, None)


def _person_who_may(project: Project, actor: Actor, shared: bool) -> User:
    if actor.user is None:
        raise NotAllowed(actor, "project.view", project, "people save views, keys do not")
    require(actor, "project.edit" if shared else "flag.view", project)
    return actor.user


def _own(view: SavedView, user: User) -> SavedView:
    if view.user_id not in (None, user.pk):
        raise SavedView.DoesNotExist
    return view


def _faults(view: SavedView) -> list[Fault]:
    return [fault for fault in faults_of(view) if fault.path in ("name", "query")]


def _same_name(view: SavedView) -> Any:
    return SavedView.objects.filter(project=view.project, user=view.user, name=view.name).exclude(pk=view.pk)


def _refuse_one_more(view: SavedView) -> None:
    if SavedView.objects.filter(project=view.project, user=view.user).exclude(pk=view.pk).count() >= MOST_VIEWS:
        whose = "are shared in this project" if view.is_shared else "of yours are in this project"
        raise TooMany(f"{MOST_VIEWS} saved views {whose}, which is the most. Delete one first.")


def _taken(view: SavedView) -> str:
    return f'There is a {"shared view" if view.is_shared else "view of yours"} called "{view.name}" already.'


def _facts(view: SavedView) -> dict[str, Any]:
    return {"name": view.name, "query": view.query, "shared": view.is_shared}


def _tell(actor: Actor, verb: str, view: SavedView, before: Any, after: Any, *, is_shared: bool = False) -> None:
    if is_shared or view.is_shared:
        audit.record(actor, verb, view, before, after)
        outbox.put(verb, view.organization, {"view": view.id})
