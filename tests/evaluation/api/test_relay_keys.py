"""What a relay key may ask about other keys: those below its scope, by their hashes, and no others."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from evaluation.manifest.below import below
from evaluation.manifest.keyring import find
from tenants import services
from tenants.actors import Actor
from tenants.keys import sha256_of
from tenants.models import ApiKey, Environment, Organization, Project
from tests.evaluation.api.conftest import Ask

pytestmark = pytest.mark.django_db(transaction=True)


def about(secret: str) -> str:
    return f"relay/keys/{sha256_of(secret)}"


def a_relay_key(scope: Any, system: Actor) -> str:
    return services.create_api_key(kind="relay", scope=scope, name="edge", actor=system)[1]


def test_a_key_below_is_told_as_the_stream_tells_it(ask: Ask, relay_key: str, server_key: str) -> None:
    answer = ask(about(server_key), key=relay_key)
    key = find(relay_key)

    assert key is not None
    assert answer.json() == below(key).keys[sha256_of(server_key)]
    assert answer["Cache-Control"] == "no-store"


def test_a_relay_key_is_told_with_its_scope(ask: Ask, relay_key: str, development: Environment, system: Actor) -> None:
    narrow = a_relay_key(development, system)

    answers = [ask(about(each), key=relay_key).json() for each in (relay_key, narrow)]

    scopes = [(each["kind"], each["organization"], each["project"], each["environment"]) for each in answers]
    assert scopes == [("relay", "acme", "shop", None), ("relay", "acme", "shop", development.id)]


@pytest.mark.parametrize("kind", ["server", "relay"])
def test_a_key_beside_the_scope_is_as_unknown_as_one_that_is_not_there(
    kind: str, ask: Ask, relay_key: str, globex: Organization, system: Actor
) -> None:
    theirs = services.create_project(globex, key="bank", name="Bank", actor=system)
    live = services.create_environment(theirs, key="live", name="Live", actor=system)
    scope = live if kind == "server" else globex
    foreign = services.create_api_key(kind=kind, scope=scope, name="theirs", actor=system)[1]

    there, nowhere = ask(about(foreign), key=relay_key), ask(about("ff_server_" + "x" * 43), key=relay_key)

    assert there.status_code == nowhere.status_code == 404
    assert there.content == nowhere.content


def test_a_key_of_a_wider_scope_is_unknown_below(
    ask: Ask, shop: Project, relay_key: str, development: Environment, server_key: str, system: Actor
) -> None:
    narrow = a_relay_key(development, system)
    whole = a_relay_key(None, system)

    assert [ask(about(each), key=narrow).status_code for each in (relay_key, whole, server_key)] == [404, 404, 200]
    assert [ask(about(each), key=whole).status_code for each in (relay_key, narrow, server_key)] == [200, 200, 200]


def test_a_key_that_does_not_work_any_more_is_unknown(
    ask: Ask, relay_key: str, server_key: str, client_key: str, system: Actor
) -> None:
    services.revoke_api_key(ApiKey.objects.get(sha256=sha256_of(server_key)), actor=system)
    ApiKey.objects.filter(sha256=sha256_of(client_key)).update(expires_at=timezone.now() - timedelta(seconds=1))

    assert [ask(about(each), key=relay_key).status_code for each in (server_key, client_key)] == [404, 404]


def test_tokens_are_told_to_nobody(ask: Ask, relay_key: str, token_key: str) -> None:
    assert ask(about(token_key), key=relay_key).status_code == 404


@pytest.mark.parametrize(("kind", "status"), [("client_key", 403), ("server_key", 403), ("token_key", 403), ("", 401)])
def test_only_a_relay_key_may_ask(
    kind: str, status: int, ask: Ask, request: pytest.FixtureRequest, server_key: str
) -> None:
    answer = ask(about(server_key), key=request.getfixturevalue(kind) if kind else "")

    assert answer.status_code == status
