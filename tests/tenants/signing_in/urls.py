"""The URL map of a server on which every way to sign in is configured."""

from flagforge import urls

urlpatterns = [*urls.urlpatterns, *urls.sign_in_by(["github", "google", "openid_connect"])]
