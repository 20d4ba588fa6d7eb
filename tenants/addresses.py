"""Whose address a request comes from: the one place that says so, for limits, the audit, sessions and mails."""

import ipaddress
from typing import Any

from django.http import HttpRequest


def address_of(request: HttpRequest | Any) -> str | None:
    """The address of whoever asks, also for DRF's requests; None where there is none, as on a Unix socket.

    It is that of the connection. Where a proxy that `FORWARDED_ALLOW_IPS` names made the connection, the server has put in
    its place the last address of `X-Forwarded-For` that is no such proxy's; what anybody else says in that header, or
    farther to the left in it, is not believed.
    """
    told = request.META.get("REMOTE_ADDR", "").partition("%")[0]
    try:
        address = ipaddress.ip_address(told)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
