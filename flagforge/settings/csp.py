"""What a browser may load, run and send on our pages."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from flagforge.settings import env

ORIGINS = {"google": "https://accounts.google.com", "github": "https://github.com"}


def strict(form_origins: Iterable[str] = ()) -> str:
    """Everything a page needs is a file of ours; its scripts may talk to this server alone."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; frame-ancestors 'none'; "
        # Browsers count it as the form's action too where the answer to a form leads.
        "form-action " + " ".join(["'self'", *sorted(form_origins)])
    )


def login_origins(providers: Mapping[str, Any]) -> set[str]:
    """Where the forms of the configured ways to sign in lead, by allauth's settings of them."""
    origins = {ORIGINS[name] for name in providers if name in ORIGINS}
    for app in providers.get("openid_connect", {}).get("APPS", ()):
        origins.add(_origin_of(app["settings"]["server_url"]))
    return origins | {_checked(origin) for origin in env.words("FLAGFORGE_OIDC_ORIGINS")}


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _checked(origin: str) -> str:
    if urlsplit(origin).scheme not in ("http", "https") or _origin_of(origin) != origin or ";" in origin:
        raise ImproperlyConfigured(f"FLAGFORGE_OIDC_ORIGINS: {origin!r} is no origin; write https://id.example.com.")
    return origin
