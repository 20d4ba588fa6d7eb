"""Addresses of the pages about evaluation."""

from django.urls import path

from evaluation.dashboard.playground.views import playground
from tenants.dashboard.urls import PROJECT

app_name = "playground"
urlpatterns = [
    path(f"{PROJECT}playground/", playground, name="playground"),
]
