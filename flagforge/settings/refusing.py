"""What keeps a production server from starting: each in words that say what to do, and none quotes a secret."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from flagforge.settings import env

# Of several names in a row one is enough.
MUST_BE_SET = (
    ("FLAGFORGE_SECRET_KEY",),
    ("FLAGFORGE_ENVELOPE_KEY", "FLAGFORGE_ENVELOPE_KEY_FILE"),
    ("FLAGFORGE_HOSTS",),
    ("FLAGFORGE_PUBLIC_URL",),
    ("DATABASE_URL",),
    ("REDIS_URL",),
)
# Random keys have more letters, and examples, zeros and repeated words fewer; 32 random bytes have about 30.
FEWEST_LETTERS = 8
PLACEHOLDERS = ("django-insecure-", "change", "secret", "example", "your-")


def refuse(base: Any) -> None:
    """Raises `ImproperlyConfigured` with everything at once, for what is not fit for production in these settings."""
    missing = [complaint for names in MUST_BE_SET for complaint in unset(names)]
    if complaints := [*missing, *defaults(base)]:
        raise ImproperlyConfigured("\n".join(complaints))


def unset(names: Sequence[str]) -> Iterator[str]:
    if not any(env.text(name) for name in names):
        yield f"{' or '.join(names)} must be set in production."


def defaults(base: Any) -> Iterator[str]:
    """What is set, and yet an example or meant for one machine."""
    if base.DEBUG:
        yield "FLAGFORGE_DEBUG shows code and settings in errors: never in production."
    if env.text("FLAGFORGE_PUBLIC_URL") and urlsplit(base.PUBLIC_URL).scheme != "https":
        yield "FLAGFORGE_PUBLIC_URL must begin with https:// in production."
    if "*" in base.ALLOWED_HOSTS:  # whoever asks would choose the host that links in mails lead to
        yield "FLAGFORGE_HOSTS must name the hosts in production; * is all of them."
    yield from _guessable("FLAGFORGE_SECRET_KEY", [base.SECRET_KEY])
    yield from _guessable("FLAGFORGE_ENVELOPE_KEY", base.ENVELOPE_KEYS)


def _guessable(name: str, keys: Sequence[str | bytes]) -> Iterator[str]:
    if any(_was_copied(key) for key in keys):
        yield f"{name} can be guessed: `openssl rand -base64 32` makes one that cannot."


def _was_copied(key: str | bytes) -> bool:
    """From an example, or made of one letter."""
    is_placeholder = isinstance(key, str) and key.lower().startswith(PLACEHOLDERS)
    return is_placeholder or len(set(key)) < FEWEST_LETTERS
