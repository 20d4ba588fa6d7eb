"""Where the evaluation's part of the management API hangs, below api/v1/."""

from django.urls import path

from evaluation.api import playground
from tenants.api.urls import PROJECT

app_name = "evaluation_api"
urlpatterns = [
    path(f"{PROJECT}/playground", playground.Playground.as_view(), name="playground"),
]
