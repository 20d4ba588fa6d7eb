"""What people say about themselves."""

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
