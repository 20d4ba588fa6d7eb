"""Addresses of the pages."""

from django.urls import path

from flags.dashboard.demo import demo

urlpatterns = [path("demo/", demo, name="demo")]
