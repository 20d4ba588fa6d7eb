"""Asking the SDK API as a program would."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

Ask = Callable[..., Any]


@pytest.fixture
def ask(client: Client) -> Ask:
    """`ask("flags", key=…, targetingKey="u1")` gets, `ask("flags", key=…, body={…} or bytes)` posts."""

    def call(path: str, *, key: str = "", body: Any = None, headers: dict[str, str] | None = None, **query: Any) -> Any:
        sent = {**({"X-API-Key": key} if key else {}), **(headers or {})}
        if body is None:
            return client.get(f"/api/v1/sdk/{path}", query, headers=sent)
        return client.post(f"/api/v1/sdk/{path}", body, content_type="application/json", headers=sent)

    return call
