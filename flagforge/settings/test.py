"""Settings for tests: everything real, only passwords are hashed quickly and nothing runs by itself."""

import atexit
import shutil
import tempfile
from os import environ

if "FLAGFORGE_DATA" not in environ:
    # A folder of this run alone; the processes that tests start inherit it.
    environ["FLAGFORGE_DATA"] = tempfile.mkdtemp(prefix="flagforge-tests-")
    atexit.register(shutil.rmtree, environ["FLAGFORGE_DATA"], ignore_errors=True)

from flagforge.settings.base import *  # noqa: F403
from flagforge.settings.base import DATA, DATABASES, LIMITS

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory, so that threads have connections, locks and options of their own as in life.
    DATABASES["default"]["TEST"] = {"NAME": DATA / "test.sqlite3"}
# Threads of a test leave no connection behind, which would keep the database from being dropped.
DATABASES["default"]["CONN_MAX_AGE"] = 0
# whitenoise warns about a folder that is not there.
STATIC_ROOT = DATA / "static"
STATIC_ROOT.mkdir(exist_ok=True)
# Else every new test client would first list all files that there are.
WHITENOISE_AUTOREFRESH = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
OUTBOX_NUDGE = False
STREAM_HEARTBEAT_SECONDS = 1
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# All tests ask from one address, and hours of them within minutes.
LIMITS = LIMITS | dict.fromkeys(
    ("token_requests_per_minute", "person_requests_per_minute", "address_requests_per_minute"), 1_000_000
)
