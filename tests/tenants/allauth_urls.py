"""allauth's own pages, alone."""

from django.urls import include, path

urlpatterns = [path("accounts/", include("allauth.urls"))]
