"""The page on which a key gets a successor."""

from datetime import timedelta

from django import forms
from django.http import HttpResponse

from tenants import services
from tenants.dashboard.api_keys import in_use
from tenants.dashboard.doors import PageRequest, organization_page, show
from tenants.dashboard.forms import PageForm, comment_field, typed
from tenants.models import ApiKey, Organization
from tenants.permissions import require

OVERLAPS = {
    "0": "Not at all: it ends now",
    "3600": "An hour",
    "86400": "A day",
    "604800": "A week",
    "2592000": "30 days",
}


class Rotation(PageForm):
    overlap = forms.ChoiceField(
        choices=list(OVERLAPS.items()),
        initial="604800",
        label="The old key works on for",
        help_text="So long you have to put the new one in its place.",
    )
    comment = comment_field()

    def clean_overlap(self) -> timedelta:
        return timedelta(seconds=int(self.cleaned_data["overlap"]))


@organization_page
def rotate_api_key(request: PageRequest, organization: Organization, api_key: str) -> HttpResponse:
    """The form; the answer to it is the only page that ever shows the successor's secret."""
    old = in_use(request, organization, api_key)
    require(request.actor, "api_key.rotate", old)
    form = Rotation(typed(request))

    def rotate(overlap: timedelta, comment: str) -> tuple[ApiKey, str]:
        return services.rotate_api_key(old, overlap=overlap, actor=request.actor, comment=comment)

    if not form.carried_out(request, rotate):
        return show(request, "tenants/rotate_api_key.html", {"form": form, "api_key": old}, status=form.status)
    successor, secret = form.outcome
    return show(request, "tenants/api_key_made.html", {"api_key": successor, "secret": secret})
