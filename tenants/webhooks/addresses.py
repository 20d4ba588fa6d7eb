"""Where a webhook may lead: by its URL when it is made, and by every address of its host when it is told something.

A webhook makes this server send requests for somebody else, so nothing behind the firewall may be reached by one.
"""

import ipaddress
import socket
from collections.abc import Iterable, Sequence
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LONGEST_URL = 2_000
# Of the ports that belong to system services, those that speak HTTP.
LOW_PORTS = (80, 443)
# Public by the registries' word, yet nobody's own: what clouds tell their machines, and what leads to IPv4 by a detour.
NEVER = tuple(
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",  # Azure's
        "192.0.0.0/24",  # Oracle's is 192.0.0.192
        "192.88.99.0/24",  # relays of 6to4
        "::/96",  # IPv4 in IPv6, as it was once written
        "64:ff9b:1::/48",  # NAT64 of a network's own
        "2001::/32",  # Teredo
        "fec0::/10",  # once what fc00::/7 is now
    )
)
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Forbidden(Exception):
    """The request would go where none may."""


def faults_of_url(url: str) -> Iterable[str]:
    """What is wrong with a URL by itself; nobody is asked about its host yet."""
    parts = _split(url)
    if parts is None or not parts.hostname:
        yield "Write a whole URL, as https://example.com/hooks."
        return
    if parts.scheme not in _schemes():
        yield f"It must begin with {' or '.join(f'{scheme}://' for scheme in _schemes())}."
    if parts.username is not None or parts.password is not None:
        yield "A name and a password do not belong into a URL: check the signature instead."
    if parts.fragment:
        yield "What follows a # is never sent: leave it out."
    if not is_port_open(port_of(parts)):
        yield f"Ports are {', '.join(map(str, LOW_PORTS))} and those from 1024 on."
    address = _literal(parts.hostname)
    if address is not None and not may_reach(address, settings.WEBHOOK_NETWORKS):
        yield f"{address} is no public address."


def _split(url: str) -> SplitResult | None:
    """None for what two readers could read differently."""
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _schemes() -> tuple[str, ...]:
    """Without encryption only within networks that the operator has named."""
    return ("https", "http") if settings.WEBHOOK_NETWORKS else ("https",)


def port_of(parts: SplitResult) -> int:
    return parts.port if parts.port is not None else {"http": 80}.get(parts.scheme, 443)


def is_port_open(port: int) -> bool:
    return port in LOW_PORTS or port >= 1024


def _literal(host: str) -> Address | None:
    """The address where the host is one, in any spelling that the system's resolver takes without asking anybody."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return None
    return ipaddress.ip_address(found[0][4][0])


def checked(addresses: Sequence[str], networks: Sequence[Network], *, must_be_named: bool = False) -> list[Address]:
    """All addresses of a host, each of which may be reached; raises `Forbidden` if one may not.

    `must_be_named`: only what the operator has named is good enough, as for a request without encryption.
    """
    if not addresses:
        raise Forbidden("its host has no address")
    found = [ipaddress.ip_address(address) for address in addresses]
    for address in found:
        is_good = is_named(address, networks) if must_be_named else may_reach(address, networks)
        if not is_good:
            raise Forbidden(f"its host leads to {address}, where no webhook may go")
    return found


def may_reach(address: Address, networks: Sequence[Network]) -> bool:
    return is_named(address, networks) or is_public(address)


def is_named(address: Address, networks: Sequence[Network]) -> bool:
    """Whether the operator has named a network that it lies in (`FLAGFORGE_WEBHOOK_NETWORKS`)."""
    meant = _meant(address)
    return any(meant.version == network.version and meant in network for network in networks)


def is_public(address: Address) -> bool:
    meant = _meant(address)
    if any(meant.version == network.version and meant in network for network in NEVER):
        return False
    return meant.is_global and not meant.is_multicast and not meant.is_reserved


def _meant(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
