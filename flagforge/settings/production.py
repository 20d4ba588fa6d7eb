"""Settings for a server that strangers can reach: https only, and nothing left to a default that must be chosen."""

from flagforge.settings import refusing
from flagforge.settings.base import *  # noqa: F403
from flagforge.settings.base import ALLOWED_HOSTS, DEBUG, ENVELOPE_KEYS, PUBLIC_URL, SECRET_KEY, STORAGES

# Of several names in a row one is enough.
for names in (
    ("FLAGFORGE_SECRET_KEY",),
    ("FLAGFORGE_ENVELOPE_KEY", "FLAGFORGE_ENVELOPE_KEY_FILE"),
    ("FLAGFORGE_HOSTS",),
    ("FLAGFORGE_PUBLIC_URL",),
    ("DATABASE_URL",),
    ("REDIS_URL",),
):
    refusing.unset(names)
refusing.debugging(DEBUG)
refusing.plain_http(PUBLIC_URL)
refusing.any_host(ALLOWED_HOSTS)
refusing.guessable("FLAGFORGE_SECRET_KEY", SECRET_KEY)
for key in ENVELOPE_KEYS:
    refusing.guessable("FLAGFORGE_ENVELOPE_KEY", key)

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
