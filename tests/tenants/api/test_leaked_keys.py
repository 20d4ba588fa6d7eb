"""Reporting found keys by the API, which takes no login."""

from typing import Any

import pytest
from django.core import mail

from tenants import services
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment
from tests.tenants.api.conftest import ACME, Caller, paths_of, problem_of

pytestmark = pytest.mark.django_db
LEAKED = "/api/v1/leaked-keys"


def test_anybody_reports_what_they_found(development: Environment, as_ada: Actor) -> None:
    api_key, secret = services.create_api_key(kind="server", scope=development, name="web", actor=as_ada)
    unknown = "ff_token_" + "x" * 43

    answer = Caller().post(LEAKED, {"keys": [secret, unknown, secret], "found_at": "https://example.com"})

    assert answer.json() == {
        "results": [
            {"prefix": api_key.prefix, "kind": "server", "outcome": "marked"},
            {"prefix": unknown[:17], "kind": "token", "outcome": "unknown"},
        ]
    }
    told = AuditEvent.objects.get(verb="api_key.leak_reported")
    assert (told.ip, told.request_id) == ("127.0.0.1", answer["X-Request-Id"])
    assert answer["RateLimit"].startswith('"address";')
    assert len(mail.outbox) == 2


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "keys"),
        ([], "keys"),
        ({"keys": "ff_server_"}, "keys"),
        ({"keys": ["ff_server_" + "x" * 43, "nonsense"]}, "keys[1]"),
        ({"keys": [7]}, "keys[0]"),
        ({"keys": ["ff_server_" + "x" * 43 + "000000"]}, "keys[0]"),
        ({"keys": ["ff_server_" + "x" * 43] * 101}, "keys"),
        ({"keys": ["ff_server_" + "x" * 43], "found_at": "x" * 2001}, "found_at"),
        ({"keys": [], "moon": 1}, "moon"),
    ],
)
def test_what_is_no_report_is_refused(body: Any, path: str, db: None) -> None:
    assert path in paths_of(problem_of(Caller().post(LEAKED, body), 400, "invalid"))


def test_a_token_that_comes_with_it_is_not_looked_at(program: Caller) -> None:
    answer = program.post(LEAKED, {"keys": ["ff_server_" + "x" * 43]})

    assert answer.status_code == 200
    assert answer["RateLimit"].startswith('"address";')
    assert program.get(LEAKED).status_code == 405


def test_an_admin_says_what_becomes_of_leaked_keys(program: Caller) -> None:
    assert program.get(ACME).json()["revokes_leaked_keys"] is False
    assert program.patch(ACME, {"revokes_leaked_keys": True}).json()["revokes_leaked_keys"] is True
    assert paths_of(problem_of(program.patch(ACME, {"revokes_leaked_keys": 1}), 400)) == ["revokes_leaked_keys"]
