"""The names of the IANA database, as this machine has it."""

from functools import cache
from zoneinfo import available_timezones


@cache
def time_zones() -> frozenset[str]:
    """Read once: hundreds of files are opened for it."""
    return frozenset(available_timezones())
