"""A manifest that was changed in the cache, in the database, or on its way: refused, told of, and replaced by a good one."""

import itertools
import sqlite3
import zlib
from typing import Any

import pytest
import redis

from tests.journeys.faults.clients import Asker, Crowd
from tests.journeys.faults.conftest import serves
from tests.journeys.faults.installation import SECONDS, Installation, until
from tests.journeys.faults.shop import Shop


@pytest.mark.postgresql
@pytest.mark.slow
def test_the_cached_manifest_is_overwritten(installation: Installation, shop: Shop, crowd: Crowd) -> None:
    assert installation.redis
    cache = redis.Redis(port=installation.redis.port)
    (name,) = [key for key in cache.scan_iter() if f"manifest:{shop.id}".encode() in key]
    good: Any = cache.get(name)
    for nonsense in (b"garbage", b"", good[:-30], good.replace(b"sha256:", b"sha257:")):
        cache.set(name, nonsense)
        fresh = installation.another_control(f"control-{len(nonsense)}")
        fresh.start_and_wait()
        try:
            assert serves(fresh, shop, False)
            assert serves(installation.control, shop, False)
            assert cache.get(name) != nonsense, "the next one would find it again"
        finally:
            fresh.kill()

    shop.switch(True)
    until(lambda: crowd.all_see(True), SECONDS)


def damage_newest(installation: Installation, shop: Shop) -> None:
    """As a disk that lies, or a hand in the wrong place: well packed, and not what was published."""
    statement = (
        "UPDATE evaluation_manifestversion SET content = {0} WHERE environment_id = {0} "
        "AND version = (SELECT max(version) FROM evaluation_manifestversion WHERE environment_id = {0})"
    )
    values = (zlib.compress(b'{"flags":{}}'), shop.id, shop.id)
    if installation.postgresql:
        with installation.postgresql.connect() as connection:
            connection.execute(statement.format("%s").encode(), values)
        return
    with sqlite3.connect(installation.places.data / "flagforge.sqlite3", timeout=20) as file:
        file.execute(statement.format("?"), values)


@pytest.mark.slow
def test_the_published_manifest_is_overwritten_in_the_database(
    installation: Installation, shop: Shop, crowd: Crowd
) -> None:
    if installation.redis:
        redis.Redis(port=installation.redis.port).flushall()
    damage_newest(installation, shop)
    fresh = installation.another_control(f"control-{shop.name}")
    fresh.start_and_wait()
    try:
        assert serves(fresh, shop, False)
        assert "is not what was published" in fresh.said()
        shop.switch(True)
        until(lambda: serves(fresh, shop, True), SECONDS, why=fresh.said)
        until(lambda: crowd.all_see(True), SECONDS)
    finally:
        fresh.kill()

    assert crowd.has_never_gone_back()


def test_bytes_are_flipped_between_control_plane_and_relay(
    installation: Installation, shop: Shop, crowd: Crowd
) -> None:
    relay, places = installation.relay, itertools.cycle(range(7, 100, 13))

    def flip(chunk: bytes) -> bytes:
        """One bit of what an event says; an error in HTTP's own framing would end the stream anyway."""
        at = chunk.find(b"data: ") + next(places)
        return chunk if b"data: " not in chunk else chunk[:at] + bytes([chunk[at] ^ 1]) + chunk[at + 1 :]

    with Asker(relay.url, shop.client_key, shop.flag) as asker:
        installation.before["control"].change(flip)
        shop.switch(True)
        until(lambda: relay.status()["status"] == "degraded" or relay.status()["upstream"]["trouble"], SECONDS)
        installation.before["control"].pass_on()
        until(lambda: crowd.all_see(True), SECONDS, why=relay.said)

    assert asker.wrong == []
    assert crowd.has_never_gone_back()


def test_a_value_is_changed_between_control_plane_and_relay(installation: Installation, shop: Shop) -> None:
    """Well-formed in every way: only the signature tells."""
    relay = installation.relay
    with Asker(relay.url, shop.client_key, shop.flag) as asker:
        before = relay.refused("tampered")
        installation.before["control"].change(lambda chunk: chunk.replace(b'"off":false', b'"off": true'))
        shop.switch(True)
        until(lambda: relay.refused("tampered") > before, SECONDS, why=relay.said)
        assert serves(relay, shop, False)
        installation.before["control"].pass_on()
        until(lambda: serves(relay, shop, True), SECONDS, why=relay.said)

    assert asker.wrong == []
