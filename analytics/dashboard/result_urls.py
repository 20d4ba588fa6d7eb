"""Addresses of the pages about results of experiments."""

from django.urls import path

from analytics.dashboard import results
from tenants.dashboard.urls import PROJECT

app_name = "results"
urlpatterns = [
    path(f"{PROJECT}experiments/<str:experiment>/results/", results.results, name="experiment"),
    path(f"{PROJECT}sample-size/", results.sample_size, name="sample_size"),
]
