"""Addresses of the page about unknown flags."""

from django.urls import path

from analytics.dashboard import unknown
from tenants.dashboard.urls import PROJECT

app_name = "unknown"
urlpatterns = [
    path(f"{PROJECT}unknown-flags/", unknown.unknown_flags, name="list"),
    path(f"{PROJECT}unknown-flags/hide/", unknown.hide, name="hide"),
    path(f"{PROJECT}unknown-flags/show/", unknown.show_again, name="show"),
]
