"""Who somebody is in what is recorded of experiments: a hash of which nobody reads a name.

It is the same for exposures and events of an environment, so that they meet, and another one in every other environment.
"""

from functools import lru_cache
from hashlib import blake2b

from django.utils.crypto import salted_hmac

HASH_BYTES = 16


def hash_of(subject: str, environment_id: str) -> bytes:
    """16 bytes."""
    key = _key_of(environment_id)
    return blake2b(subject.encode("utf-8", "surrogatepass"), digest_size=HASH_BYTES, key=key).digest()


@lru_cache(maxsize=1000)
def _key_of(environment_id: str) -> bytes:
    return salted_hmac("analytics.experiments", environment_id, algorithm="sha256").digest()
