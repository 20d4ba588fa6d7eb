"""The URL map: where each app's doors hang."""

from django.urls import include, path

urlpatterns = [
    path("", include("evaluation.api.urls")),
]
