"""The SDK API and the probes. Streams, poll and WebSocket hang in evaluation.stream.routing."""

from django.urls import path

from evaluation.api import probes, views

app_name = "evaluation"
urlpatterns = [
    path("livez", probes.livez, name="livez"),
    path("readyz", probes.readyz, name="readyz"),
    path("api/v1/sdk/flags", views.AllFlags.as_view(), name="flags"),
    path("api/v1/sdk/flags/<str:key>", views.OneFlag.as_view(), name="flag"),
    path("api/v1/sdk/ruleset", views.Ruleset.as_view(), name="ruleset"),
    path("api/v1/sdk/<path:rest>", views.nothing_here, name="nothing_here"),
]
