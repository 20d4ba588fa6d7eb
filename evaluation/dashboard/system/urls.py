"""Addresses of the pages about how the installation is."""

from django.urls import path

from evaluation.dashboard.system.configuration import configuration
from evaluation.dashboard.system.views import organization_system, system
from tenants.dashboard.urls import ORGANIZATION

app_name = "system"
urlpatterns = [
    path("system/", system, name="system"),
    path("system/settings/", configuration, name="configuration"),
    path(f"{ORGANIZATION}system/", organization_system, name="organization"),
]
