"""What people say about themselves."""

from allauth.usersessions.internal.flows.sessions import end_other_sessions, end_sessions
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from tenants import services
from tenants.dashboard.doors import PageRequest, page, seen, show
from tenants.dashboard.forms import PageForm, typed


class Naming(PageForm):
    name = forms.CharField(
        max_length=150, required=False, help_text="Your colleagues read it in lists and in the audit log."
    )


@page
def name(request: PageRequest) -> HttpResponse:
    user = seen(request.actor.user)
    form = Naming(typed(request), initial={"name": user.name})

    def rename(name: str) -> object:
        return services.rename_user(user, name=name, actor=request.actor)

    if form.carried_out(request, rename):
        messages.success(request, f"Saved: {form.outcome}.")
        return redirect("tenants:name")
    return show(request, "tenants/name.html", {"form": form}, status=form.status)


@page
def sessions(request: PageRequest) -> HttpResponse:
    """Where one is signed in. A form that names a session ends that one; one that names none, all but this."""
    if request.method == "POST":
        messages.success(request, _end(request))
        return redirect("tenants:sessions")
    found = UserSession.objects.purge_and_list(request.user)
    return show(request, "tenants/sessions.html", {"sessions": sorted(found, key=lambda one: one.last_seen_at)[::-1]})


def _end(request: PageRequest) -> str:
    if "session" not in request.POST:
        end_other_sessions(request, request.user)
        return "You are signed out everywhere else."
    named = request.POST["session"]
    theirs = UserSession.objects.filter(user=request.user, pk=named) if named.isdecimal() and len(named) < 19 else None
    session = seen(theirs.first() if theirs is not None else None)
    end_sessions(request, [session])
    return "That session is ended."
