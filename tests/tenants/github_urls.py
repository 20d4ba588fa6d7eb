"""The URL map of a server on which GitHub is configured."""

from flagforge import urls

urlpatterns = [*urls.urlpatterns, *urls.sign_in_by(["github"])]
