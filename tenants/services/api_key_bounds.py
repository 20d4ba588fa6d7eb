"""What bounds the use of an API key: origins of pages, and limits. Which of them are well said."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from tenants.models import ApiKey
from tenants.problems import Fault

MOST_ORIGINS = 50
LIMITS = ("requests_per_second", "burst", "streams")
HIGHEST_LIMIT = 1_000_000
LIMITED_KINDS = (ApiKey.Kind.CLIENT, ApiKey.Kind.SERVER)


def bound_faults(api_key: ApiKey) -> Iterable[Fault]:
    """What is wrong with the origins and the limits of a key."""
    yield from _origin_faults(api_key)
    yield from _limit_faults(api_key)


def _origin_faults(api_key: ApiKey) -> Iterable[Fault]:
    if api_key.origins and api_key.kind != ApiKey.Kind.CLIENT:
        yield Fault("origins", "Only client keys are bound to the origins of pages.")
    if len(api_key.origins) > MOST_ORIGINS:
        yield Fault("origins", f"At most {MOST_ORIGINS}.")
    for position, origin in enumerate(api_key.origins[:MOST_ORIGINS]):
        if not _is_origin(origin):
            yield Fault(f"origins[{position}]", 'Write it as browsers send it: "https://shop.example" or with a port.')


def _is_origin(origin: object) -> bool:
    """scheme://host[:port], lower-case and without anything after it: what an Origin header holds."""
    try:
        parts = urlsplit(str(origin))
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        return False
    host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
    return bool(host) and parts.scheme in ("http", "https") and origin == f"{parts.scheme}://{host}{port}"


def _limit_faults(api_key: ApiKey) -> Iterable[Fault]:
    limits = api_key.limits
    if limits and api_key.kind not in LIMITED_KINDS:
        yield Fault("limits", f"Only client and server keys have limits; a {api_key.kind} key has none.")
    if "burst" in limits and "requests_per_second" not in limits:
        yield Fault("limits.burst", "A burst belongs to requests per second: give them too.")
    for name, value in limits.items():
        if name not in LIMITS:
            yield Fault("limits", f"Limits are {', '.join(LIMITS)}.")
        elif type(value) is not int or not 1 <= value <= HIGHEST_LIMIT:
            yield Fault(f"limits.{name}", f"Write a whole number from 1 to {HIGHEST_LIMIT:,}, or leave it out.")
