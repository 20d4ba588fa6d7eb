"""What every page of the admin is built on: rows that the actor sees, buttons for what they may, writes by services alone."""

from collections.abc import Sequence
from functools import update_wrapper
from operator import attrgetter
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin

from tenants import past
from tenants.acting import acting, may_somewhere
from tenants.actors import Actor
from tenants.admin import actions
from tenants.admin.actions import ServiceAction
from tenants.admin.filters import asks_for_deleted
from tenants.admin.forms import ServiceForm
from tenants.permissions import allowed
from tenants.refusals import REFUSALS
from tenants.retention import can_come_back

Names = tuple[str, ...]
DELETE = "delete"


class WalledAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Verbs say who may; a verb that is None is one that nobody has here. Subclasses call services in `write`."""

    view_verb: str
    add_verb: str | None = None
    change_verb: str | None = None
    delete_verb: str | None = None
    service_actions: ClassVar[tuple[ServiceAction, ...]] = ()
    form = ServiceForm

    # Fields of the form when a row is made and when it is changed, and what is shown of an existing row.
    add_fields: Names = ()
    change_fields: Names = ()
    info_fields: Names = ()
    # What is shown above the form.
    top_fields: Names = ()
    # What is shown to those who may not change the row, besides `info_fields`.
    view_fields: Names = ()

    # Where the thing has its page outside of the admin: the route, and the attributes that name it in the address.
    page_route = ""
    page_names: Names = ()

    show_full_result_count = False
    list_per_page = 50
    list_filter_submit = False
    actions_on_bottom = False
    warn_unsaved_form = True
    change_form_outer_before_template = "admin/_buttons.html"

    # Who sees what

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = self._deleted(request) if self._lists_deleted(request) else self._living(request)
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def _living(self, request: HttpRequest) -> Any:
        return self.model.objects.visible_to(acting(request))

    def _deleted(self, request: HttpRequest) -> Any:
        """What the actor might undelete: deleted by itself, within retention, in something that lives."""
        objects = self.model.objects
        rows = objects.queryset_class(self.model).visible_to(acting(request), self.delete_verb)
        around = {f"{path}__isnull": True for path in objects.queryset_class.DELETED_PATHS if path != "deleted_at"}
        return rows.filter(can_come_back(), **around)

    def _lists_deleted(self, request: HttpRequest) -> bool:
        match = request.resolver_match
        is_list = match is not None and (match.url_name or "").endswith("_changelist")
        return bool(self.delete_verb) and hasattr(self.model, "deleted_at") and is_list and asks_for_deleted(request)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only the filters that are offered: Django would let anybody search any column, password hashes too."""
        offered = {getattr(known, "parameter_name", known) for known in self.list_filter}
        return lookup.partition("__")[0] in offered

    # Who may do what

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        actor = acting(request)
        if obj is None or not may_somewhere(actor, self.view_verb):
            return may_somewhere(actor, self.view_verb)
        return allowed(actor, self.view_verb, obj) or self.get_queryset(request).filter(pk=obj.pk).exists()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request, self.add_verb)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, self.change_verb, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, self.delete_verb, obj)

    def _may(self, request: HttpRequest, verb: str | None, obj: Any = None) -> bool:
        if verb is None:
            return False
        actor = acting(request)
        return may_somewhere(actor, verb) if obj is None else allowed(actor, verb, obj)

    # Forms

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        if obj is None:
            return [(None, {"fields": [*self.add_fields, "comment"]})]
        top = [(None, {"fields": list(self.top_fields)})] if self.top_fields else []
        info = [("About it", {"fields": list(self.info_fields)})] if self.info_fields else []
        if self.has_change_permission(request, obj):
            return [*top, (None, {"fields": [*self.change_fields, "comment"]}), *info]
        return [*top, (None, {"fields": list(self.view_fields)}), *info] if self.view_fields else [*top, *info]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Names:
        if obj is None:
            return ()
        always = (*self.top_fields, *self.info_fields)
        return always if self.has_change_permission(request, obj) else (*always, *self.view_fields)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.actor = acting(request)
        form.refusal = getattr(request, "_refusal", None)
        return form

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What a service refuses is rolled back; then the same form is shown again, with what was typed and why not."""
        extra_context = (extra_context or {}) | {"buttons": self._buttons(request, object_id)}
        try:
            answer: HttpResponse = super().changeform_view(request, object_id, form_url, {**extra_context})
        except REFUSALS as refusal:
            request._refusal = refusal  # type: ignore[attr-defined]  # read by get_form
            answer = super().changeform_view(request, object_id, form_url, {**extra_context})
        return answer

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        saved = self.write(acting(request), obj, form.cleaned_data, change=change)
        for warning in getattr(saved, "warnings", ()):
            messages.warning(request, warning)
        obj.__dict__.update(getattr(saved, "thing", saved).__dict__)

    def write(self, actor: Actor, obj: Any, values: dict[str, Any], *, change: bool) -> Any:
        """Call the service that makes or changes a row, and return the row as it is now."""
        raise PermissionDenied

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        raise PermissionDenied("Deleting is an action, done by a service.")

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        raise PermissionDenied("Deleting is an action, done by a service.")

    # Django's own log: what is done here stands in the audit log already, whichever door it came through.

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None: ...

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None: ...

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None: ...

    # Actions

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actor, deleted = acting(request), self._lists_deleted(request)
        return {
            action.name: (_from_list(action), action.name, action.label)
            for action in self.service_actions
            if action.is_for_deleted is deleted and may_somewhere(actor, action.verb)
        }

    def get_urls(self) -> list[URLPattern]:
        info = f"{self.opts.app_label}_{self.opts.model_name}"
        view = update_wrapper(self.admin_site.admin_view(self.action_view), self.action_view)
        return [path("<path:object_id>/do/<slug:action>/", view, name=f"{info}_do"), *super().get_urls()]

    def action_view(self, request: HttpRequest, object_id: str, action: str) -> HttpResponse:
        thing = self._get_or_404(request, object_id)
        found = next((known for known in self.service_actions if known.name == action), None)
        if found is None:
            raise Http404
        if not found.is_offered(acting(request), thing):
            raise PermissionDenied
        return self.act(request, found, [thing], back=self._address(thing))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return self.action_view(request, object_id, DELETE)

    def act(self, request: HttpRequest, action: ServiceAction, things: Sequence[Any], *, back: str) -> HttpResponse:
        """Ask, then do. Whatever was refused is asked about again, with the reasons and with what was typed."""
        actor = acting(request)
        answers = request.POST if actions.CONFIRMED in request.POST else None
        form = action.form(answers, actor=actor, things=things)
        if answers is not None and form.is_valid():
            outcome = actions.perform(action, things, actor, form.cleaned_data)
            if outcome.done:
                messages.success(request, f"{action.label}: {', '.join(str(thing) for thing in outcome.done)}")
            if not outcome.refused:
                if shown := self.show_done(request, action, outcome.done):
                    return shown
                return HttpResponseRedirect(self._list_address() if action.name == DELETE else back)
            form.things = [thing for thing, _ in outcome.refused]
            actions.add_refusals(form, outcome, named=len(things) > 1)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "is_list": back == request.get_full_path(),
        }
        return actions.ask(request, action, form, context, back=back)

    def show_done(self, request: HttpRequest, action: ServiceAction, things: Sequence[Any]) -> HttpResponse | None:
        """What an action made that is shown once; None: one goes back to where one came from."""
        return None

    def _buttons(self, request: HttpRequest, object_id: str | None) -> list[dict[str, Any]]:
        """What may be done to the row of a page, as links; Django draws the one that deletes."""
        thing = self.get_object(request, unquote(object_id)) if object_id else None
        if thing is None:
            return []
        offered = [action for action in self.service_actions if action.is_offered(acting(request), thing)]
        links = [
            {"label": action.label, "address": self._address(thing, "do", action.name), "danger": action.is_dangerous}
            for action in offered
            if action.name != DELETE
        ]
        return [*self._page(thing), *links, *self.more_buttons(request, thing)]

    def _page(self, thing: Any) -> list[dict[str, Any]]:
        if not self.page_route or getattr(thing, "deleted_at", None) is not None:
            return []
        address = reverse(
            self.page_route, args=[attrgetter(name.replace("__", "."))(thing) for name in self.page_names]
        )
        return [{"label": "On its page", "address": address, "danger": False}]

    def more_buttons(self, request: HttpRequest, thing: Any) -> list[dict[str, Any]]:
        if not hasattr(self.model, "history"):
            return []
        return [{"label": "History", "address": self._address(thing, "history"), "danger": False}]

    def _address(self, thing: Any, view: str = "change", *args: str) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_{view}"
        return reverse(name, args=[quote(thing.pk), *args])

    def _list_address(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    # History

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        thing = self._get_or_404(request, object_id)
        if not hasattr(self.model, "history"):
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {thing}",
            "opts": self.opts,
            "entries": past.entries_of(thing),
            "back": self._address(thing),
        }
        return TemplateResponse(request, "admin/past.html", context)

    def _get_or_404(self, request: HttpRequest, object_id: str) -> Any:
        """The row; also for want of the right to see any such row it is as if there were none."""
        thing = self.get_object(request, unquote(object_id)) if self.has_view_permission(request) else None
        if thing is None:
            raise Http404
        return thing


def _from_list(action: ServiceAction) -> Any:
    """The action in the form that Django's lists call."""

    def act(admin: WalledAdmin, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        things = list(queryset)
        if action.is_for_one and len(things) != 1:
            messages.error(request, f"{action.label}: choose one row, not {len(things)}.")
            return None
        return admin.act(request, action, things, back=request.get_full_path())

    return act
