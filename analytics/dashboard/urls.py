"""Addresses of the pages about telemetry: those of the same in the management API, without `/api/v1`."""

from django.urls import path

from analytics.dashboard import applications, attributes, convergence, views
from flags.dashboard.urls import CONFIG
from tenants.dashboard.urls import ENVIRONMENT, PROJECT

app_name = "telemetry"
urlpatterns = [
    path("system/applications/", applications.applications, name="applications"),
    path(f"{PROJECT}attributes/", attributes.attributes, name="attributes"),
    path(f"{PROJECT}telemetry/", views.anywhere, name="anywhere"),
    path(f"{ENVIRONMENT}telemetry/", views.environment, name="environment"),
    path(f"{ENVIRONMENT}convergence/", convergence.convergence, name="convergence"),
    path(f"{CONFIG}telemetry/", views.flag, name="flag"),
]
