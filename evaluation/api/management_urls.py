"""Where the evaluation's part of the management API hangs, below api/v1/."""

from django.urls import path

from evaluation.api import convergence, playground
from tenants.api.urls import ENVIRONMENT, PROJECT

app_name = "evaluation_api"
urlpatterns = [
    path(f"{PROJECT}/playground", playground.Playground.as_view(), name="playground"),
    path(f"{ENVIRONMENT}/convergence/", convergence.OneConvergence.as_view(), name="convergence"),
]
