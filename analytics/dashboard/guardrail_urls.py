"""Addresses of the pages about guardrails: those of the same in the management API, without `/api/v1`."""

from django.urls import path

from analytics.dashboard import guardrails
from flags.dashboard.urls import CONFIG
from tenants.dashboard.urls import PROJECT

GUARDRAIL = f"{CONFIG}guardrails/<slug:guardrail>/"

app_name = "guardrails"
urlpatterns = [
    path(f"{PROJECT}guardrails/", guardrails.in_project, name="list"),
    path(f"{CONFIG}guardrails/", guardrails.of_flag, name="flag"),
    path(f"{CONFIG}new-guardrail/", guardrails.new, name="new"),
    path(GUARDRAIL, guardrails.guardrail, name="guardrail"),
    path(f"{GUARDRAIL}edit/", guardrails.edit, name="edit"),
    path(f"{GUARDRAIL}arm/", guardrails.arm, name="arm"),
    path(f"{GUARDRAIL}dismiss/", guardrails.dismiss, name="dismiss"),
    path(f"{GUARDRAIL}delete/", guardrails.delete, name="delete"),
]
