"""Which of the 100,000 buckets somebody falls into: version 1, the same on every machine and in every language."""

from functools import lru_cache

import mmh3

from .doubles import whole_number
from .limits import BUCKETS
from .values import well_formed

hash32 = mmh3.mmh3_32_uintdigest  # murmur3 x86 32 with seed 0, as an unsigned integer


def bucket(salt: str, key: str) -> int:
    """The bucket 0 … 99,999 of a key; integers only, so no modulo bias and no rounding."""
    return (hash32(salt_prefix(salt) + key.encode()) * BUCKETS) >> 32


def salt_prefix(salt: str) -> bytes:
    """What stands before the key in the hashed bytes; the NUL keeps ("a", "bc") and ("ab", "c") apart."""
    return salt.encode() + b"\x00"


@lru_cache(maxsize=4096)  # most splits of a ruleset end at the same few places
def first_hash(bucket: int) -> int:
    """The least hash in the bucket: whoever compares hashes with it need not compute buckets."""
    return -((-bucket << 32) // BUCKETS)


def bucketing_key(value: object) -> str | None:
    """The text that stands for somebody in buckets, targets and segments; None: no usable key."""
    if isinstance(value, str):
        return value if value and well_formed(value) else None
    number = whole_number(value)
    return None if number is None else str(number)


def bucketing_bytes(value: object) -> bytes | None:
    """The key as it is hashed."""
    key = bucketing_key(value)
    return None if key is None else key.encode()
