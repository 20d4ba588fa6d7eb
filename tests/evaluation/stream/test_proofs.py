"""Whoever follows the rules can verify every step of the way with what is public."""

import json
import time
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.test import Client
from django.utils import timezone

from evaluation.core.canonical import canonical
from evaluation.delivery import feeds
from evaluation.manifest import memory, sign
from evaluation.wire import jws
from evaluation.wire.trust import Trusted, read_freshness, renew, trust, trust_delta
from flags import services
from flags.models import Flag
from tenants import outbox
from tenants.actors import Actor
from tenants.models import Environment, Project
from tests.evaluation.conftest import MakeFlag
from tests.evaluation.stream.conftest import Open

pytestmark = pytest.mark.django_db(transaction=True)
BUDGET_BYTES = 2048


@pytest.fixture
def checkout(a_flag: MakeFlag, development: Environment, server_key: str) -> Flag:
    flag = a_flag("checkout", development, enabled=True)
    outbox.drain()
    return flag


@pytest.fixture
def keys(checkout: Flag) -> jws.PublicKeys:
    return jws.keys_of(Client().get("/.well-known/flagforge/jwks.json").json())


def toggle(flag: Flag, environment: Environment, enabled: bool) -> None:
    services.toggle_flag(flag, environment, enabled=enabled, actor=Actor.system("test"))
    outbox.drain()


def taken(put: dict[str, Any], keys: jws.PublicKeys) -> Trusted:
    return trust(canonical(put["manifest"]), put["signature"], put["freshness"], keys, now=timezone.now())


async def test_a_reader_verifies_what_it_begins_with_and_every_delta(
    checkout: Flag, development: Environment, server_key: str, keys: jws.PublicKeys, open_stream: Open
) -> None:
    stream = open_stream("stream", key=server_key)
    await stream.start()
    held = taken((await stream.event())["data"], keys)

    for enabled in (False, True):
        await database_sync_to_async(toggle)(checkout, development, enabled)
        held = trust_delta(held, (await stream.event())["data"], keys, now=timezone.now())

        assert held.document["flags"]["checkout"]["enabled"] is enabled
        assert held.content == memory.held(development.id).content  # type: ignore[union-attr]  # it is streamed from


async def test_one_changed_flag_among_a_thousand_costs_little(
    checkout: Flag, shop: Project, development: Environment, server_key: str, open_stream: Open, system: Actor
) -> None:
    def make_many() -> None:
        Flag.objects.bulk_create(
            Flag(
                organization=shop.organization,
                project=shop,
                key=f"flag-{number}",
                name=f"Flag {number}",
                value_type="boolean",
                variants=checkout.variants,
                salt=f"salt-{number}",
            )
            for number in range(1000)
        )
        toggle(checkout, development, False)

    await database_sync_to_async(make_many)()
    stream = open_stream("stream", key=server_key)
    await stream.start()
    first = await stream.event()
    rules = [{"if": {"attribute": "country", "op": "in", "values": ["IN", "LK"]}, "serve": {"variant": "on"}}]
    state = {"enabled": True, "off": "off", "fallthrough": {"variant": "off"}, "rules": rules * 3}
    await database_sync_to_async(services.put_config)(checkout, development, state, actor=system)
    await database_sync_to_async(outbox.drain)()

    while not (chunk := await stream.chunk()).startswith(b"event: "):
        pass

    assert len(first["data"]["manifest"]["flags"]) > 1000
    assert chunk.startswith(b"event: delta")
    assert len(chunk) < BUDGET_BYTES


async def test_a_quiet_stream_renews_what_it_said(
    checkout: Flag, server_key: str, keys: jws.PublicKeys, open_stream: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "RENEW_SECONDS", 0.0)
    stream = open_stream("stream", key=server_key)
    await stream.start()
    held = taken((await stream.event())["data"], keys)

    said = await stream.event()

    assert (said["event"], said["id"]) == ("freshness", str(held.version))
    assert renew(held, said["data"]["freshness"], keys).version == held.version


async def test_whoever_asks_for_values_gets_no_proof_of_rules(
    checkout: Flag, client_key: str, open_stream: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "RENEW_SECONDS", 0.0)
    stream = open_stream("stream", f"key={client_key}")
    await stream.start()

    assert set((await stream.event())["data"]) == {"environment", "version", "flags"}
    assert (await stream.chunk()).startswith(b":")


async def test_an_empty_poll_says_that_the_rules_are_still_the_newest(
    checkout: Flag, server_key: str, keys: jws.PublicKeys, open_stream: Open
) -> None:
    first = open_stream("poll", key=server_key)
    await first.start()
    held = taken(json.loads(await first.chunk()), keys)

    empty = await open_stream("poll", f"since={held.version}&timeout=1", key=server_key).start()

    headers = {name.decode(): value.decode() for name, value in empty["headers"]}
    assert empty["status"] == 204
    assert read_freshness(headers["FlagForge-Freshness"], keys).checksum == held.freshness.checksum


def test_the_rules_come_with_their_proof(checkout: Flag, server_key: str, keys: jws.PublicKeys, client: Client) -> None:
    whole = client.get("/api/v1/sdk/ruleset", headers={"X-API-Key": server_key})
    again = client.get("/api/v1/sdk/ruleset", headers={"X-API-Key": server_key, "If-None-Match": whole["ETag"]})

    held = trust(whole.content, whole["FlagForge-Signature"], whole["FlagForge-Freshness"], keys, now=timezone.now())
    assert again.status_code == 304
    assert read_freshness(again["FlagForge-Freshness"], keys).checksum == held.freshness.checksum
    assert again["FlagForge-Signature"] == whole["FlagForge-Signature"]


def test_freshness_is_of_the_moment_in_which_the_database_was_asked(
    checkout: Flag, development: Environment, server_key: str, keys: jws.PublicKeys, client: Client
) -> None:
    begun = time.time()
    first = client.get("/api/v1/sdk/ruleset", headers={"X-API-Key": server_key})["FlagForge-Freshness"]
    memory.reconcile()

    stated = read_freshness(first, keys)

    assert int(begun) <= stated.as_of.timestamp() <= time.time()
    assert (stated.expires - stated.as_of).total_seconds() == 3600
    assert memory.confirmed_at(development.id) >= begun


def test_without_keys_the_rules_go_on_being_served(
    checkout: Flag, server_key: str, client: Client, settings: Any
) -> None:
    settings.ENVELOPE_KEYS = (b"another key of thirty-two bytes!",)
    sign.forget_everything()

    answer = client.get("/api/v1/sdk/ruleset", headers={"X-API-Key": server_key})

    assert answer.status_code == 200
    assert answer["FlagForge-Freshness"] == ""


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_the_public_keys_can_only_be_read(method: str, client: Client) -> None:
    assert getattr(client, method)("/.well-known/flagforge/jwks.json").status_code == 405


def test_the_public_keys_are_for_every_page_and_every_cache(checkout: Flag, client: Client) -> None:
    answer = client.get("/.well-known/flagforge/jwks.json")

    assert answer["Content-Type"] == "application/jwk-set+json"
    assert answer["Cache-Control"] == "public, max-age=300"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert all("d" not in key for key in answer.json()["keys"])


def test_the_public_keys_cost_a_query_once_a_second(
    checkout: Flag, client: Client, django_assert_num_queries: Any
) -> None:
    client.get("/.well-known/flagforge/jwks.json")

    with django_assert_num_queries(0):
        answers = [client.get("/.well-known/flagforge/jwks.json").json() for _ in range(5)]

    assert all(answer["keys"] for answer in answers)
    sign._Looks.last -= sign.LOOK_SECONDS
    with django_assert_num_queries(1):
        client.get("/.well-known/flagforge/jwks.json")
