"""How often somebody may ask the control plane: one bucket for a token, for a person, and for an address without a login."""

import ipaddress
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from tenants import runtime
from tenants.addresses import address_of
from tenants.buckets import Policy, Take, take
from tenants.limits import limit
from tenants.models import ApiKey

TOKEN, PERSON, ADDRESS = "token", "person", "address"


def count_token(request: HttpRequest, api_key: ApiKey) -> Take | None:
    """Count a request by a token; None where nothing limits it."""
    organization = api_key.organization
    most = limit(organization, "token_requests_per_minute") if organization is not None else 0
    return _count(request, TOKEN, most, api_key.id)


def count_person_or_address(request: HttpRequest) -> Take | None:
    """Count a request of whoever is signed in, by all of their browsers together; of anybody else by their address."""
    user: Any = request.user if settings.SESSION_COOKIE_NAME in request.COOKIES else None
    if user is None or not user.is_authenticated:
        return count_address(request)
    return _count(request, PERSON, runtime.number("limits.person_requests_per_minute"), user.pk)


def count_address(request: HttpRequest) -> Take | None:
    return _count(request, ADDRESS, runtime.number("limits.address_requests_per_minute"), _network_of(request))


def taken(request: HttpRequest) -> Take | None:
    """What this request took; None where it was not counted."""
    return getattr(request, "_take", None)


def _count(request: HttpRequest, name: str, most: int, who: str) -> Take | None:
    if not most:
        return None
    taken = take(Policy(name, most), who)
    request._take = taken  # type: ignore[attr-defined]  # for the headers of the answer
    return taken


def _network_of(request: HttpRequest) -> str:
    """An address, of IPv6 the network of 64 bits, which is one customer's."""
    told = address_of(request)
    if told is None:
        return "nowhere"  # a Unix socket
    address = ipaddress.ip_address(told)
    return str(ipaddress.ip_network(f"{address}/64", strict=False)) if address.version == 6 else str(address)
