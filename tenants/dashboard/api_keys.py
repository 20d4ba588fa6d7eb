"""API keys: listed, made (and shown that once), revoked."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from tenants import selectors, services
from tenants.dashboard.doors import PageRequest, organization_page, project_page, seen, show
from tenants.dashboard.forms import PageForm, comment_field, typed
from tenants.dashboard.roles import Places, name_of, roles_to_give
from tenants.models import ApiKey, Organization, Project
from tenants.moments import midnight
from tenants.permissions import allowed, require
from tenants.role_choices import Roles, choices_of
from tenants.services.api_key_bounds import HIGHEST_LIMIT, LIMITED_KINDS, LIMITS

# Enough for every list that people read; the management API has all.
SHOWN = 200


def limit_field(label: str, help_text: str) -> forms.IntegerField:
    return forms.IntegerField(required=False, min_value=1, max_value=HIGHEST_LIMIT, label=label, help_text=help_text)


def limits_in(given: dict[str, Any]) -> dict[str, int]:
    """The limits that were typed, taken out of what was."""
    typed_in = {name: given.pop(name, None) for name in LIMITS}
    return {name: value for name, value in typed_in.items() if value is not None}


class NewKey(PageForm):
    """`scope` is one of the places where the actor may make keys."""

    kind = forms.ChoiceField(choices=ApiKey.Kind.choices, widget=forms.RadioSelect, initial=ApiKey.Kind.SERVER)
    name = forms.CharField(max_length=100, help_text="What uses it, as in “the shop's servers”.")
    scope = forms.ChoiceField(label="Belongs to")
    role = forms.ChoiceField(required=False, label="Acts as")
    origins = forms.CharField(
        required=False,
        label="Origins",
        widget=forms.Textarea(attrs={"rows": 2, "class": "mono", "placeholder": "https://shop.example"}),
        help_text="Whose pages may use it, one a line; pages of others are refused. Empty: any page.",
    )
    requests_per_second = limit_field("Requests a second", "Empty: no limit. For each process that serves it.")
    burst = limit_field("At once", "So many may come together. Empty: as many as in a second.")
    streams = limit_field("Streams at once", "Open connections that wait for changes. Empty: no limit.")
    expires_at = forms.DateField(
        required=False,
        label="Works until",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The end of that day, UTC. Empty: until it is revoked.",
    )
    comment = comment_field()

    def __init__(self, *args: Any, places: Places, roles: Roles, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places, self.roles = places, roles
        scope: Any = self.fields["scope"]
        scope.choices = [(place_id, name_of(place)) for place_id, place in places.items()]
        role: Any = self.fields["role"]
        role.choices = choices_of(roles)

    def clean(self) -> dict[str, Any]:
        """What `create_api_key` takes. Fields that the chosen kind does not have are hidden, and count for nothing."""
        given = self.cleaned_data
        kind = given.get("kind")
        day = given.pop("expires_at", None)
        given["expires_at"] = midnight(day, days=1) if day else None
        given["scope"] = self.places.get(given.get("scope", ""))
        given["origins"] = given.get("origins", "").split() if kind == ApiKey.Kind.CLIENT else []
        limits = limits_in(given)
        given["limits"] = limits if kind in LIMITED_KINDS else {}
        given["role"] = self.roles.get(given.get("role", "")) if kind == ApiKey.Kind.TOKEN else None
        return given


class Bounds(PageForm):
    """What may be changed of a key, by its kind."""

    name = forms.CharField(max_length=100)
    origins = NewKey.base_fields["origins"]
    requests_per_second = NewKey.base_fields["requests_per_second"]
    burst = NewKey.base_fields["burst"]
    streams = NewKey.base_fields["streams"]
    comment = comment_field()

    def __init__(self, *args: Any, api_key: ApiKey, **kwargs: Any) -> None:
        now = {"name": api_key.name, "origins": "\n".join(api_key.origins), **api_key.limits}
        super().__init__(*args, initial=now, **kwargs)
        if api_key.kind != ApiKey.Kind.CLIENT:
            del self.fields["origins"]
        if api_key.kind not in LIMITED_KINDS:
            for name in LIMITS:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if "origins" in self.fields:
            given["origins"] = given.get("origins", "").split()
        if "streams" in self.fields:
            given["limits"] = limits_in(given)
        return given


class Revocation(PageForm):
    comment = comment_field()


@project_page
def api_keys(request: PageRequest, project: Project) -> HttpResponse:
    return list_of(request, project)


@organization_page
def organization_api_keys(request: PageRequest, organization: Organization) -> HttpResponse:
    return list_of(request, organization)


def list_of(request: PageRequest, place: Organization | Project) -> HttpResponse:
    """The keys of the place and of what lies in it; those that do not work any more only when asked for."""
    rows = selectors.api_keys_of(request.actor, place)
    rows = rows.select_related("project", "environment", "created_by", "replaces", "custom_role")
    wants_revoked, now = "revoked" in request.GET, timezone.now()
    rows = rows.filter(revoked_at__isnull=not wants_revoked)
    context = {
        "api_keys": with_successors(rows[:SHOWN]),
        "wants_revoked": wants_revoked,
        "now": now,
        "soon": now + selectors.SOON,
        "may_create": bool(places_to_make(request, place)),
    }
    return show(request, "tenants/api_keys.html", context)


def with_successors(api_keys: Iterable[ApiKey]) -> list[ApiKey]:
    """Each with the key that took its place, as `successor`, where that is in the same list."""
    rows = list(api_keys)
    successors = {one.replaces_id: one for one in rows if one.replaces_id}
    for one in rows:
        one.successor = successors.get(one.pk)  # type: ignore[attr-defined]  # for the template
    return rows


@project_page
def new_api_key(request: PageRequest, project: Project) -> HttpResponse:
    return make(request, project)


@organization_page
def new_organization_api_key(request: PageRequest, organization: Organization) -> HttpResponse:
    return make(request, organization)


def make(request: PageRequest, place: Organization | Project) -> HttpResponse:
    """The form; the answer to it is the only page that ever shows the secret."""
    places = places_to_make(request, place)
    if not places:
        require(request.actor, "api_key.create", place)
    organization = place.organization if isinstance(place, Project) else place
    form = NewKey(typed(request), places=places, roles=roles_to_give(request.actor, organization, places))

    def create(**given: Any) -> tuple[ApiKey, str]:
        return services.create_api_key(**given, actor=request.actor)

    if not form.carried_out(request, create):
        return show(request, "tenants/new_api_key.html", {"form": form}, status=form.status)
    api_key, secret = form.outcome
    return show(request, "tenants/api_key_made.html", {"api_key": api_key, "secret": secret})


def places_to_make(request: PageRequest, place: Organization | Project) -> Places:
    """From the narrowest, which most keys belong to, outwards."""
    if isinstance(place, Project):
        projects = selectors.projects_with_counts(request.actor, place.organization).filter(pk=place.pk)
    else:
        projects = selectors.projects_with_counts(request.actor, place)
    found: Places = {}
    for project in projects:
        found |= {environment.pk: environment for environment in project.seen_environments} | {project.pk: project}
    found[place.pk] = place
    return {place_id: one for place_id, one in found.items() if allowed(request.actor, "api_key.create", one)}


@organization_page
def api_key(request: PageRequest, organization: Organization, api_key: str) -> HttpResponse:
    """What bounds a key, and its name."""
    found = in_use(request, organization, api_key)
    require(request.actor, "api_key.edit", found)
    form = Bounds(typed(request), api_key=found)

    def edit(**given: Any) -> object:
        return services.edit_api_key(found, **given, actor=request.actor)

    if form.carried_out(request, edit):
        messages.success(request, f"Saved: {form.outcome.name}. It holds everywhere within moments.")
        return to_list_of(found, organization)
    return show(request, "tenants/api_key.html", {"form": form, "api_key": found}, status=form.status)


def in_use(request: PageRequest, organization: Organization, api_key: str) -> ApiKey:
    rows = selectors.api_keys_of(request.actor, organization).select_related("project", "environment")
    found: ApiKey = seen(rows.filter(pk=api_key).first())
    return found


def to_list_of(api_key: ApiKey, organization: Organization) -> HttpResponse:
    if api_key.project is not None:
        return redirect("tenants:api_keys", organization.slug, api_key.project.key)
    return redirect("tenants:organization_api_keys", organization.slug)


@organization_page
def revoke_api_key(request: PageRequest, organization: Organization, api_key: str) -> HttpResponse:
    found = in_use(request, organization, api_key)
    require(request.actor, "api_key.revoke", found)
    form = Revocation(typed(request))

    def revoke(comment: str) -> None:
        services.revoke_api_key(found, actor=request.actor, comment=comment)

    if form.carried_out(request, revoke):
        messages.success(request, f"Revoked: {found.name}. It works nowhere any more.")
        return to_list_of(found, organization)
    others = selectors.api_keys_of(request.actor, found.environment or found.project or organization).usable()
    context = {"form": form, "api_key": found, "others": others.filter(kind=found.kind).exclude(pk=found.pk).count()}
    return show(request, "tenants/revoke_api_key.html", context, status=form.status)
