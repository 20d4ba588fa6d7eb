"""Where the first minutes of a project are."""

from django.urls import path

from analytics.dashboard.first_run import views
from tenants.dashboard.urls import PROJECT

app_name = "first_run"
urlpatterns = [
    path(f"{PROJECT}start/", views.get_started, name="get_started"),
    path(f"{PROJECT}start/lamp/", views.lamp, name="lamp"),
]
