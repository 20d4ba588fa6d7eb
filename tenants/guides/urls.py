"""Where the documentation is."""

from django.urls import path, re_path

from tenants.guides import views

app_name = "guides"
urlpatterns = [
    path("docs/", views.index, name="index"),
    path("docs/search/", views.search_page, name="search"),
    re_path(r"^docs/(?P<picture>.+\.(?:png|svg))$", views.picture, name="picture"),
    path("docs/<path:slug>/", views.page, name="page"),
]
