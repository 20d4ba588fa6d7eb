"""How JSON comes back from the database."""

import json
from typing import Any

MAX_INTEGER = 2**53 - 1


def _integer(digits: str) -> int | float:
    # PostgreSQL's jsonb gives 1e16 back as 10000000000000000. We store no such integers, so it was a double.
    value = int(digits)
    return value if -MAX_INTEGER <= value <= MAX_INTEGER else float(value)


class StoredJson(json.JSONDecoder):
    """Reads I-JSON: what looks like an integer beyond ±(2^53-1) was written as a double, and is one again."""

    def __init__(self, **options: Any) -> None:
        super().__init__(parse_int=_integer, **options)
