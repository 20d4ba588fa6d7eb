"""How JSON comes back from the database."""

import json
from typing import Any

MAX_INTEGER = 2**53 - 1


def _integer(digits: str) -> int | float:
    # PostgreSQL's jsonb gives 1e16 back as 10000000000000000. We store no such integers, so it was a double.
    value = int(digits)
    return value if -MAX_INTEGER <= value <= MAX_INTEGER else float(value)


_decoder = json.JSONDecoder(parse_int=_integer)


class StoredJson(json.JSONDecoder):
    """Reads I-JSON: what looks like an integer beyond ±(2^53-1) was written as a double, and is one again.

    Django makes one for every value that it reads, so nothing is made then.
    """

    def __init__(self) -> None:
        pass

    def decode(self, s: str, _w: Any = None) -> Any:
        return _decoder.decode(s)
