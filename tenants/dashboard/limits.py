"""How much an organization may have, and how much of that it has."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from tenants import services
from tenants.dashboard.doors import PageRequest, organization_page, show
from tenants.dashboard.forms import PageForm, comment_field, typed
from tenants.limit_bounds import HIGHEST, HIGHEST_OF_ALL
from tenants.limits import NOUNS
from tenants.models import Organization
from tenants.permissions import require
from tenants.usage import usages_of


class OwnLimits(PageForm):
    """One field for each limit; an empty one leaves it to the instance."""

    comment = comment_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, noun in NOUNS.items():
            most = HIGHEST.get(name, HIGHEST_OF_ALL)
            field = forms.IntegerField(required=False, min_value=0, max_value=most, label=_label(name, noun))
            field.widget.attrs["class"] = "input"
            self.fields[name] = field
        self.order_fields([*NOUNS, "comment"])

    def clean(self) -> dict[str, Any]:
        given = {name: self.cleaned_data.pop(name, None) for name in NOUNS}
        self.cleaned_data["limits"] = {name: most for name, most in given.items() if most is not None}
        return self.cleaned_data


@organization_page
def limits(request: PageRequest, organization: Organization) -> HttpResponse:
    """For everybody of the organization; whoever runs the server changes them here as well."""
    require(request.actor, "organization.view", organization)
    form = OwnLimits(typed(request), initial=organization.limits) if request.actor.may_everything else None

    def set_limits(**given: Any) -> object:
        return services.set_limits(organization, **given, actor=request.actor)

    if request.method == "POST" and form is None:
        services.set_limits(organization, limits={}, actor=request.actor)  # says who may
    if form is not None and form.carried_out(request, set_limits):
        messages.success(request, f"Saved: the limits of {organization}.")
        return redirect("tenants:limits", organization.slug)
    context = {"usages": usages_of(organization), "form": form}
    return show(request, "tenants/limits.html", context, status=form.status if form is not None else 200)


def _label(name: str, noun: str) -> str:
    return f"{noun[0].upper()}{noun[1:]}{' in a project' * name.endswith('_project')}{' in a flag' * name.endswith('_flag')}"
