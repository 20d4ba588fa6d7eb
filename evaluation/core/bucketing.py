"""Which of the 100,000 buckets somebody falls into: version 1, the same on every machine and in every language."""

import mmh3

from .doubles import whole_number
from .limits import BUCKETS
from .values import well_formed


def bucket(salt: str, key: str) -> int:
    """The bucket 0 … 99,999 of a key; integers only, so no modulo bias and no rounding."""
    return bucket_after(salt_prefix(salt), key)


def salt_prefix(salt: str) -> bytes:
    """What stands before the key in the hashed bytes; the NUL keeps ("a", "bc") and ("ab", "c") apart."""
    return salt.encode() + b"\x00"


def bucket_after(prefix: bytes, key: str) -> int:
    """`bucket` for a salt that was prepared once by `salt_prefix`."""
    return (mmh3.hash(prefix + key.encode(), 0, False) * BUCKETS) >> 32


def bucketing_key(value: object) -> str | None:
    """The text that stands for somebody in buckets, targets and segments; None: no usable key."""
    if isinstance(value, str):
        return value if value and well_formed(value) else None
    number = whole_number(value)
    return None if number is None else str(number)
