"""The SDK API, OFREP and the probes. Streams, poll and WebSocket hang in evaluation.stream.routing."""

from django.urls import path

from evaluation.api import convergence, keys, metrics, ofrep, probes, relays, views
from evaluation.wire.convergence import REPORT

app_name = "evaluation"
urlpatterns = [
    path("livez", probes.livez, name="livez"),
    path("readyz", probes.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path(".well-known/flagforge/jwks.json", keys.jwks, name="jwks"),
    path("api/v1/sdk/flags", views.AllFlags.as_view(), name="flags"),
    path("api/v1/sdk/flags/<str:key>", views.OneFlag.as_view(), name="flag"),
    path("api/v1/sdk/ruleset", views.Ruleset.as_view(), name="ruleset"),
    path("api/v1/sdk/relay/keys/<slug:sha256>", relays.KeyBelow.as_view(), name="relay_key"),
    path(REPORT.removeprefix("/"), convergence.Reports.as_view(), name="report"),
    path("ofrep/v1/evaluate/flags", ofrep.AllFlags.as_view(), name="ofrep_flags"),
    path("ofrep/v1/evaluate/flags/<str:key>", ofrep.OneFlag.as_view(), name="ofrep_flag"),
    path("ofrep/<path:rest>", ofrep.nothing_here, name="nothing_in_ofrep"),
    path("api/v1/sdk/<path:rest>", views.nothing_here, name="nothing_here"),
]
