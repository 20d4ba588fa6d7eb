"""What a Prometheus answers to a query: one number, or why there is none.

It is asked as webhooks are sent: to addresses that were checked, in a bounded time, and no redirect is followed
(`tenants.webhooks.sending`).
"""

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from tenants.webhooks.sending import READ_AT_MOST, Answer, Letter

# In seconds, for all of an answer.
DEADLINE = 5.0
# What comes of reading what is not as Prometheus writes it; of what is nested too deeply, RecursionError.
ODD = (ValueError, KeyError, TypeError, RecursionError)


class NoNumber(Exception):
    """The answer is not one number; says why."""


def question(url: str, query: str, token: str) -> Letter:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "FlagForge-Guardrail/1"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    body = urlencode({"query": query}).encode()
    address = f"{url.rstrip('/')}/api/v1/query"
    return Letter(address, body, headers, settings.WEBHOOK_NETWORKS, deadline=DEADLINE, kept=READ_AT_MOST)


def number_in(answer: Answer) -> float:
    """Raises `NoNumber`."""
    if not answer.is_good:
        raise NoNumber(_reason(answer))
    try:
        data = json.loads(answer.text)["data"]
        value = data["result"] if data["resultType"] == "scalar" else _only(data["result"])["value"]
        number = float(value[1])
    except (*ODD, IndexError, OverflowError):
        raise NoNumber("the answer is none of Prometheus") from None
    if not isfinite(number):
        raise NoNumber(f"the answer is no number: {_shown(str(value[1]))}")
    return number


def _only(result: list[Any]) -> Mapping[str, Any]:
    if not result:
        raise NoNumber("there is no data for the query")
    if len(result) > 1:
        raise NoNumber(f"the query has {len(result)} values: sum or average them to one")
    found: Mapping[str, Any] = result[0]
    return found


def _reason(answer: Answer) -> str:
    """What Prometheus says of a query that it does not understand."""
    try:
        said = str(json.loads(answer.text)["error"])
    except ODD:
        return answer.fault
    return f"{answer.fault}: {_shown(said)}"


def _shown(said: str) -> str:
    """What a database and a page take: no NUL, and no half of a character."""
    return "".join(letter if letter.isprintable() else "�" for letter in said[:200])
