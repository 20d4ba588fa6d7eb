"""Calling the management API as a program or a person would."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tenants import services
from tenants.actors import Actor
from tenants.models import Organization, User
from tenants.roles import Role

Call = Callable[..., Any]
ACME = "/api/v1/organizations/acme"
SHOP = f"{ACME}/projects/shop"


class Caller:
    """`caller.get("/api/v1/…")`, `caller.put(path, {…}, if_match=7)`; `answer.json()` holds the document."""

    def __init__(self, **headers: str) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.headers = headers

    def __getattr__(self, method: str) -> Call:
        def call(path: str, body: Any = None, *, if_match: Any = None, headers: Any = None, **query: str) -> Any:
            sent = {**self.headers, **(headers or {})} | ({"If-Match": f'"{if_match}"'} if if_match is not None else {})
            if method == "get":
                return self.client.get(path, query, headers=sent)
            content = body if isinstance(body, bytes | str) else json.dumps({} if body is None else body)
            return self.client.generic(method.upper(), path, content, "application/json", headers=sent)

        return call


def token_of(secret: str) -> Caller:
    return Caller(Authorization=f"Bearer {secret}")


def person(user: User) -> Caller:
    """Logged in, and with the CSRF token that pages carry."""
    caller = Caller()
    caller.client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    caller.client.cookies["csrftoken"] = "c" * 32
    caller.headers["X-CSRFToken"] = "c" * 32
    return caller


@pytest.fixture
def program(acme: Organization, system: Actor) -> Caller:
    """A program with an admin's token for Acme."""
    return token_of(services.create_api_key(kind="token", scope=acme, name="ci", role=Role.ADMIN, actor=system)[1])


def problem_of(answer: Any, status: int, name: str = "") -> dict[str, Any]:
    """The problem document of an answer, which must be one of this status and kind."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = json.loads(answer.content)
    assert document["status"] == status
    assert document["type"].startswith("/problems/")
    assert name in ("", document["type"].removeprefix("/problems/")), document
    return document


def paths_of(problem: dict[str, Any]) -> list[str]:
    return [fault["path"] for fault in problem["errors"]]
