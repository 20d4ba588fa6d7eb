"""Settings for a server that strangers can reach: https only, and nothing left to a default that must be chosen."""

from django.core.exceptions import ImproperlyConfigured

from flagforge.settings import env
from flagforge.settings.base import *  # noqa: F403

for name in (
    "FLAGFORGE_SECRET_KEY",
    "FLAGFORGE_ENVELOPE_KEY",
    "FLAGFORGE_HOSTS",
    "FLAGFORGE_PUBLIC_URL",
    "DATABASE_URL",
    "REDIS_URL",
):
    if not env.text(name):
        raise ImproperlyConfigured(f"{name} must be set in production.")

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
WHITENOISE_USE_FINDERS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
