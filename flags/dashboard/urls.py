"""Addresses of the pages: that of the thing in the management API, without `/api/v1`."""

from django.urls import path

from flags.dashboard import demo, lists
from tenants.dashboard.urls import PROJECT

app_name = "flags"
urlpatterns = [
    path("demo/", demo.demo, name="demo"),
    path(f"{PROJECT}flags/", lists.flag_list, name="list"),
]
