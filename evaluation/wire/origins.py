"""Which pages may use a client key: what a browser says of the page that asks, against the origins that the key names.

This keeps other sites from using a key in their visitors' browsers. It is no secret's guard: what is no browser says what it
likes in this header, or nothing. So nobody is refused for want of it, and pages may read why they were refused (CORS stays
open): a page that could not would take a fault of its settings for a broken network, and try again for ever.
"""

from collections.abc import Container, Mapping

from .problems import Refused, problem


def require_origin(headers: Mapping[str, str], origins: Container[str]) -> None:
    """Raises `Refused` (403) for a page of none of the origins; header names in lower case."""
    origin = headers.get("origin", "")
    if origin and origin not in origins:
        raise _refused(origin)


def _refused(origin: str) -> Refused:
    detail = f"This API key does not work in pages of {origin[:300]}. The origins of its pages stand with the key."
    return Refused(problem(403, "origin-not-allowed", "Not for this page", detail))
