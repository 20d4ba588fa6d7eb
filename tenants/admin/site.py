"""The admin site: every member of any organization may enter; what they see there is walled row by row."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from unfold.sites import UnfoldAdminSite

from tenants.acting import acting
from tenants.mfa_policy import closed_to

# What people come for stands first.
APPS = ("flags", "tenants", "evaluation")


class Site(UnfoldAdminSite):  # type: ignore[misc]  # unfold has no types
    index_title = "Overview"

    def has_permission(self, request: HttpRequest) -> bool:
        actor = acting(request)
        return actor.may_everything or bool(actor.grants)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one login, with everything that guards it, and it is not here."""
        wanted = request.GET.get(REDIRECT_FIELD_NAME) or reverse("admin:index")
        if not request.user.is_authenticated:
            return redirect_to_login(wanted, reverse("account_login"))
        if not self.has_permission(request) and closed_to(request.user):
            return redirect("tenants:start")  # which says what is missing
        if not self.has_permission(request):
            return render(request, "admin/no_organization.html", {"title": "No organization yet"}, status=403)
        return redirect("admin:index")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method != "POST":
            return redirect("account_logout")  # it asks first
        logout(request)
        return redirect("account_login")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("account_change_password")

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        found: list[Any] = super().get_app_list(request, app_label)
        return sorted(found, key=lambda app: APPS.index(app["app_label"]) if app["app_label"] in APPS else len(APPS))

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        guarded: Callable[..., Any] = super().admin_view(_readable_only(view), cacheable)
        return guarded


def _readable_only(view: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse NUL wherever it may stand: PostgreSQL raises when asked to look for it."""

    def readable(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        given = [request.path, *_texts(request.GET), *_texts(request.POST)]
        if any("\0" in text for text in given):
            return HttpResponseBadRequest("NUL cannot be read here.")
        return view(request, *args, **kwargs)

    for name in ("model_admin", "csrf_exempt", "__name__", "__doc__", "__module__"):
        if hasattr(view, name):
            setattr(readable, name, getattr(view, name))
    return readable


def _texts(query: Any) -> list[str]:
    return [*query, *(text for values in query.lists() for text in values[1])]


site = Site(name="admin")
