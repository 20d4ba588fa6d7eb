"""Settings for a server that strangers can reach: https only, and nothing left to a default that must be chosen."""

import flagforge.settings.base as base
from flagforge.settings import refusing
from flagforge.settings.base import *  # noqa: F403
from flagforge.settings.base import STORAGES

refusing.refuse(base)

SHOWS_DESIGN = False
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
WHITENOISE_USE_FINDERS = False
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
