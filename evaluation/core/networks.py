"""IP addresses and networks as integers; an IPv4-mapped IPv6 address is the IPv4 address."""

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address

Address = tuple[int, int]  # width in bits (32 or 128), the address as an integer
Network = tuple[int, int, int]  # width, prefix length, the leading `prefix length` bits

_PREFIX_LENGTH = re.compile(r"0|[1-9][0-9]{0,2}")
_MAPPED_BITS = 96
_LONGEST_ADDRESS = 45  # 0000:0000:0000:0000:0000:ffff:255.255.255.255


def address(text: str) -> Address | None:
    """The address; None for anything else, zone ids (`fe80::1%eth0`) included."""
    return _address(text) if len(text) <= _LONGEST_ADDRESS else None


@lru_cache(maxsize=1024)
def _address(text: str) -> Address | None:
    raw = _raw(text)
    if raw is None or raw[0] == 32 or raw[1] >> 32 != 0xFFFF:
        return raw
    return 32, raw[1] & 0xFFFFFFFF


def _raw(text: str) -> Address | None:
    try:
        if ":" not in text:
            return 32, int(IPv4Address(text))
        return None if "%" in text else (128, int(IPv6Address(text)))
    except AddressValueError:
        return None


def network(text: str) -> Network:
    """The network of `10.0.0.0/8` or of a bare address; raises ValueError, for host bits too."""
    host, slash, length = text.partition("/")
    raw = _raw(host)
    if raw is None or (slash and not _PREFIX_LENGTH.fullmatch(length)) or int(length or 0) > raw[0]:
        raise ValueError(
            f'"{text}" is not a network: write an IPv4 or IPv6 address, or one with /length as in 10.0.0.0/8'
        )
    width, number = raw
    prefix = int(length) if slash else width
    if number & ((1 << (width - prefix)) - 1):
        raise ValueError(f'"{text}" has bits set beyond its /{prefix}; write the first address of the network')
    if width == 128 and prefix >= _MAPPED_BITS and number >> 32 == 0xFFFF:
        width, prefix, number = 32, prefix - _MAPPED_BITS, number & 0xFFFFFFFF
    return width, prefix, number >> (width - prefix)
