"""Where the pages of tenants hang: a page has the address that its thing has in the management API, without `/api/v1`."""

from django.urls import path

from tenants.dashboard import places, start

ORGANIZATION = "organizations/<slug:organization>/"
PROJECT = f"{ORGANIZATION}projects/<slug:project>/"

app_name = "tenants"
urlpatterns = [
    path("", start.start, name="start"),
    path("theme/", start.theme, name="theme"),
    path("organizations/", places.new_organization, name="new_organization"),
    path(ORGANIZATION, places.organization, name="organization"),
    path(f"{ORGANIZATION}members/", places.members, name="members"),
    path(f"{PROJECT}environments/", places.environments, name="environments"),
    path(f"{PROJECT}keys/", places.api_keys, name="api_keys"),
    path(f"{PROJECT}audit/", places.audit, name="audit"),
]
