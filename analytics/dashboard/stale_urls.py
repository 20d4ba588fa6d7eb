"""Addresses of the pages about stale flags."""

from django.urls import path

from analytics.dashboard import stale, stale_actions
from flags.dashboard.urls import FLAG
from tenants.dashboard.urls import PROJECT

app_name = "stale"
urlpatterns = [
    path(f"{PROJECT}stale-flags/", stale.stale_flags, name="list"),
    path(f"{PROJECT}stale-flags/archive/", stale_actions.archive, name="archive"),
    path(f"{PROJECT}stale-flags/unarchive/", stale_actions.unarchive, name="unarchive"),
    path(f"{PROJECT}stale-after/", stale_actions.stale_after, name="after"),
    path(f"{FLAG}staleness/", stale.staleness, name="flag"),
    path(f"{FLAG}keep/", stale_actions.keep, name="keep"),
    path(f"{FLAG}stop-keeping/", stale_actions.stop_keeping, name="stop_keeping"),
]
