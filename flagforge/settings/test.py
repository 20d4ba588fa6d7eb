"""Settings for tests: everything real, only passwords are hashed quickly and nothing runs by itself."""

import tempfile
from os import environ
from pathlib import Path

environ.setdefault("FLAGFORGE_DATA", str(Path(tempfile.gettempdir()) / "flagforge-tests"))

from flagforge.settings.base import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
OUTBOX_NUDGE = False
STREAM_HEARTBEAT_SECONDS = 1
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
