"""Where telemetry comes in."""

from django.urls import path

from analytics.api import views
from evaluation.wire.telemetry import EVENTS

app_name = "analytics"
urlpatterns = [path(EVENTS.removeprefix("/"), views.Events.as_view(), name="events")]
