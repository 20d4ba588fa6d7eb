"""Where the telemetry's part of the management API hangs, below api/v1/."""

from django.urls import path

from analytics.api import reading
from tenants.api.urls import ENVIRONMENT, PROJECT

app_name = "analytics_api"
urlpatterns = [
    path(f"{ENVIRONMENT}/telemetry", reading.Telemetry.as_view(), name="telemetry"),
    path(f"{PROJECT}/usage/", reading.UsageView.as_view(), name="usage"),
]
