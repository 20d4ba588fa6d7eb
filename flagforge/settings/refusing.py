"""What keeps a production server from starting: each in words that say what to do, and none quotes a secret."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from flagforge.settings import env

# Random keys have more letters, and examples, zeros and repeated words fewer; 32 random bytes have about 30.
FEWEST_LETTERS = 8
PLACEHOLDERS = ("django-insecure-", "change", "secret", "example", "your-")


def unset(names: Sequence[str]) -> None:
    """Of several names one is enough."""
    if not any(env.text(name) for name in names):
        raise ImproperlyConfigured(f"{' or '.join(names)} must be set in production.")


def debugging(is_on: bool) -> None:
    if is_on:
        raise ImproperlyConfigured("FLAGFORGE_DEBUG shows code and settings in errors: never in production.")


def plain_http(url: str) -> None:
    if urlsplit(url).scheme != "https":
        raise ImproperlyConfigured("FLAGFORGE_PUBLIC_URL must begin with https:// in production.")


def any_host(hosts: Sequence[str]) -> None:
    """A pattern that every name matches lets whoever asks choose the host that links in mails lead to."""
    if "*" in hosts:
        raise ImproperlyConfigured("FLAGFORGE_HOSTS must name the hosts in production; * is all of them.")


def guessable(name: str, key: str | bytes) -> None:
    """A key that was copied from an example, or made of one letter."""
    is_placeholder = isinstance(key, str) and key.lower().startswith(PLACEHOLDERS)
    if is_placeholder or len(set(key)) < FEWEST_LETTERS:
        raise ImproperlyConfigured(f"{name} can be guessed: `openssl rand -base64 32` makes one that cannot.")
