"""What a relay hears from upstream."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from channels.db import database_sync_to_async

from flags import services as flag_services
from flags.models import Flag
from tenants import outbox, services
from tenants.actors import Actor
from tenants.keys import sha256_of
from tenants.models import ApiKey, Environment, Organization, Project
from tests.evaluation.conftest import MakeFlag
from tests.evaluation.stream.conftest import Open, Stream

pytestmark = pytest.mark.django_db(transaction=True)
in_thread: Any = database_sync_to_async


@pytest.fixture
def checkout(a_flag: MakeFlag, development: Environment, client_key: str, server_key: str, relay_key: str) -> Flag:
    flag = a_flag("checkout", development, enabled=True)
    outbox.drain()
    return flag


@pytest.fixture
def toggle(checkout: Flag, development: Environment, system: Actor) -> Callable[[bool], Any]:
    def switch(enabled: bool) -> None:
        flag_services.toggle_flag(checkout, development, enabled=enabled, actor=system)
        outbox.drain()

    return in_thread(switch)  # type: ignore[no-any-return]  # Channels has no types


async def opened(open_stream: Open, key: str, **headers: str) -> Stream:
    stream: Stream = open_stream("relay/stream", key=key, **headers)
    assert (await stream.start())["status"] == 200
    return stream


async def test_a_relay_hears_of_environments_then_of_keys_then_of_rules(
    checkout: Flag, relay_key: str, development: Environment, open_stream: Open
) -> None:
    stream = await opened(open_stream, relay_key)

    environments, keys, rules = [await stream.event() for _ in range(3)]

    assert [each["event"] for each in (environments, keys, rules)] == ["environments", "keys", "put"]
    assert environments["data"] == [
        {"id": development.id, "organization": "acme", "project": "shop", "key": "development", "version": 1}
    ]
    assert rules["id"] == f"{development.id}:1"
    assert rules["data"]["environment"] == development.id
    assert set(rules["data"]["manifest"]["flags"]) == {"checkout"}


async def test_a_relay_hears_hashes_and_never_a_secret(
    checkout: Flag, relay_key: str, client_key: str, server_key: str, development: Environment, open_stream: Open
) -> None:
    stream = await opened(open_stream, relay_key)
    await stream.event()

    keys = (await stream.event())["data"]

    assert {each["sha256"]: each["kind"] for each in keys} == {
        sha256_of(client_key): "client",
        sha256_of(server_key): "server",
        sha256_of(relay_key): "relay",
    }
    assert keys[0] | {"sha256": "", "kind": ""} == {
        "sha256": "",
        "kind": "",
        "environment": development.id,
        "origins": [],
        "limits": {},
        "expires": None,
    }
    for secret in (client_key, server_key, relay_key):
        assert secret not in json.dumps(keys)


async def test_a_relay_hears_what_bounds_a_key_and_when_that_changes(
    checkout: Flag, relay_key: str, development: Environment, system: Actor, open_stream: Open
) -> None:
    made = {"kind": "client", "scope": development, "name": "web", "limits": {"streams": 3}}
    api_key, _ = await database_sync_to_async(services.create_api_key)(**made, actor=system)
    stream = await opened(open_stream, relay_key)
    await stream.event()
    first = (await stream.event())["data"]
    await stream.event()

    await database_sync_to_async(services.edit_api_key)(
        api_key, origins=["https://a.example"], limits={"requests_per_second": 5}, actor=system
    )
    changed = (await stream.event())["data"]

    assert [each["limits"] for each in first if each["sha256"] == api_key.sha256] == [{"streams": 3}]
    assert [(each["origins"], each["limits"]) for each in changed["added"]] == [
        (["https://a.example"], {"requests_per_second": 5})
    ]


async def test_a_relay_hears_what_an_organization_may(
    checkout: Flag, relay_key: str, client_key: str, development: Environment, system: Actor, open_stream: Open
) -> None:
    set_limits: Any = database_sync_to_async(services.set_limits)
    await set_limits(development.organization, limits={"streams": 2}, actor=system)
    stream = await opened(open_stream, relay_key)
    await stream.event()

    told = {each["sha256"]: each.get("organization_limits") for each in (await stream.event())["data"]}

    assert (told[sha256_of(client_key)], told[sha256_of(relay_key)]) == ({"streams": 2}, None)


async def test_a_change_is_a_delta_that_names_its_environment(
    toggle: Any, relay_key: str, development: Environment, open_stream: Open
) -> None:
    stream = await opened(open_stream, relay_key)
    for _ in range(3):
        await stream.event()

    await toggle(False)
    change = await stream.event()

    assert (change["event"], change["id"]) == ("delta", f"{development.id}:2")
    assert change["data"]["environment"] == development.id
    assert list(change["data"]["flags"]) == ["checkout"]


async def test_a_relay_that_comes_back_hears_what_changed_meanwhile(
    toggle: Any, relay_key: str, development: Environment, open_stream: Open
) -> None:
    first = await opened(open_stream, relay_key)
    for _ in range(3):
        await first.event()
    await toggle(False)
    await first.event()

    second = await opened(open_stream, relay_key, last_event_id=f"elsewhere:7,{development.id}:1,nonsense")

    assert [(await second.event())["event"] for _ in range(3)] == ["environments", "keys", "delta"]


async def test_later_environments_and_keys_are_included(
    checkout: Flag, relay_key: str, shop: Project, system: Actor, open_stream: Open
) -> None:
    def grow() -> str:
        staging = services.create_environment(shop, key="staging", name="Staging", actor=system)
        secret = services.create_api_key(kind="server", scope=staging, name="new", actor=system)[1]
        outbox.drain()
        return secret

    stream = await opened(open_stream, relay_key)
    for _ in range(3):
        await stream.event()

    secret = await in_thread(grow)()
    events = {event["event"]: event["data"] for event in [await stream.event() for _ in range(3)]}

    assert [each["key"] for each in events["environments"]] == ["development", "staging"]
    assert [each["sha256"] for each in events["keys"]["added"]] == [sha256_of(secret)]
    assert set(events["put"]["manifest"]["flags"]) == {"checkout"}


async def test_a_revoked_key_is_removed(
    checkout: Flag, relay_key: str, server_key: str, system: Actor, open_stream: Open
) -> None:
    def revoke() -> None:
        services.revoke_api_key(ApiKey.objects.get(sha256=sha256_of(server_key)), actor=system)

    stream = await opened(open_stream, relay_key)
    for _ in range(3):
        await stream.event()

    await in_thread(revoke)()

    assert (await stream.event())["data"] == {"added": [], "removed": [sha256_of(server_key)]}


async def test_a_revoked_relay_key_loses_its_stream(
    checkout: Flag, relay_key: str, system: Actor, open_stream: Open
) -> None:
    def revoke() -> None:
        services.revoke_api_key(ApiKey.objects.get(sha256=sha256_of(relay_key)), actor=system)

    stream = await opened(open_stream, relay_key)
    for _ in range(3):
        await stream.event()

    await in_thread(revoke)()
    said = [await stream.event()]
    if said[-1]["event"] == "keys":  # that the key is gone may be heard first
        said.append(await stream.event())

    goodbye = said[-1]
    assert (goodbye["event"], goodbye["data"]["reason"]) == ("bye", "key-revoked")


@pytest.mark.parametrize(("kind", "status"), [("client_key", 403), ("server_key", 403), ("token_key", 403), ("", 401)])
async def test_only_a_relay_key_opens_it(
    kind: str, status: int, checkout: Flag, request: pytest.FixtureRequest, open_stream: Open, token_key: str
) -> None:
    stream = open_stream("relay/stream", key=request.getfixturevalue(kind) if kind else "")

    assert (await stream.start())["status"] == status


async def test_a_relay_key_in_the_url_opens_nothing(checkout: Flag, relay_key: str, open_stream: Open) -> None:
    stream = open_stream("relay/stream", f"key={relay_key}")

    assert (await stream.start())["status"] == 401


async def test_the_relay_of_another_organization_hears_nothing_of_acme(
    checkout: Flag, globex: Organization, development: Environment, system: Actor, open_stream: Open
) -> None:
    def theirs() -> str:
        return services.create_api_key(kind="relay", scope=globex, name="edge", actor=system)[1]

    stream = await opened(open_stream, await in_thread(theirs)())

    environments, keys = [(await stream.event())["data"] for _ in range(2)]

    assert environments == []
    assert [(each["kind"], each["organization"]) for each in keys] == [("relay", "globex")]
    assert await stream.chunk() == b'event: settings\ndata: {"log_level":null}\n\n'
    assert (await stream.chunk()).startswith(b":")
