"""Addresses of the pages about evaluation."""

from django.urls import path

from evaluation.dashboard.playground.views import playground
from evaluation.dashboard.reach import reach
from flags.dashboard.urls import CONFIG
from tenants.dashboard.urls import PROJECT

app_name = "playground"
urlpatterns = [
    path(f"{PROJECT}playground/", playground, name="playground"),
    path(f"{CONFIG}reach/", reach, name="reach"),
]
