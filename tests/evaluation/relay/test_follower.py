"""What a relay makes of what upstream says, in memory and on disk."""

import json
import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from evaluation.core.delta import diff
from evaluation.delivery.held import HeldKey
from evaluation.relay import logs
from evaluation.relay.below import below
from evaluation.relay.follower import Follower
from evaluation.relay.heard import Doubt
from evaluation.relay.holdings import Holdings
from evaluation.relay.keeper import Keeper
from evaluation.relay.store import Store
from evaluation.sdk.events import Event
from evaluation.sdk.upstream import Upstream
from evaluation.wire import jws
from evaluation.wire.problems import Refused
from evaluation.wire.trust import Strangers
from tenants.keys import sha256_of
from tests.evaluation.relay.said import ONE, PLACE, SECRET, TWO, a_key, proven, put
from tests.evaluation.wire.test_trust import KEY, KEYS, STRANGER, signature


class Told:
    """A follower, and what upstream says to it."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder)
        self.holdings = Holdings()
        self.follower = Follower(Upstream("http://127.0.0.1:9", ""), self.holdings, self.store)
        self.follower.mirror.keys = KEYS

    async def __call__(self, name: str, document: Any) -> None:
        await self.follower.hear(Event(name, json.dumps(document).encode()))

    async def settle(self) -> None:
        """When everything is on disk."""
        await self.follower.stop()
        self.follower.heard.keeper = Keeper()

    async def leave(self) -> None:
        await self.follower.stop()
        await self.follower.upstream.close()

    def version(self) -> int:
        return self.holdings.held_for("e").version


@pytest.fixture
async def tell(tmp_path: Path) -> AsyncIterator[Told]:
    """A relay that heard of one environment, one key and version 1."""
    told = Told(tmp_path / "relay")
    told.store.keep_jwks(json.dumps({"keys": [jws.jwk_of(KEY.public_key())]}).encode())
    await told("environments", [PLACE])
    await told("keys", [a_key()])
    await told("put", put(ONE))
    await told.settle()
    yield told
    await told.leave()


@pytest.fixture
async def again(tell: Told) -> AsyncIterator[Told]:
    """Another one on the same folder, which has begun with nothing yet."""
    again = Told(tell.store.folder)
    yield again
    await again.leave()


@pytest.fixture
def full_disk(tell: Told) -> None:
    """Where the store is about to write its next manifest, the kernel says that no space is left."""
    (tell.store.folder / f".e.manifest.json.{os.getpid()}").symlink_to("/dev/full")


async def test_before_it_heard_of_keys_a_relay_says_that_it_is_not_ready(tmp_path: Path) -> None:
    holdings = Holdings()

    with pytest.raises(Refused) as refused:
        holdings.admit(SECRET)

    assert refused.value.reply.status == 503
    assert not holdings.is_ready


async def test_a_relay_knows_a_key_by_its_hash(tell: Told) -> None:
    assert tell.holdings.admit(SECRET).environment_key == "production"
    assert tell.holdings.is_ready


async def test_a_relay_is_ready_when_it_has_all_rules(tell: Told) -> None:
    await tell("environments", [PLACE, {**PLACE, "id": "other", "key": "staging"}])
    assert not tell.holdings.is_ready

    await tell("put", put({**ONE, "environment": "other"}))

    assert tell.holdings.is_ready


async def test_one_environment_without_rules_does_not_keep_the_others_from_being_served(
    tell: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tell("environments", [PLACE, {**PLACE, "id": "other", "key": "staging"}])

    monkeypatch.setattr("evaluation.relay.holdings.MISSED_SECONDS", 0)

    assert tell.holdings.is_ready


@pytest.mark.parametrize("keys", [[], {"added": [], "removed": [sha256_of(SECRET)]}])
async def test_a_key_that_is_gone_opens_nothing_and_loses_its_streams(tell: Told, keys: Any) -> None:
    subscriber = tell.holdings.hub.subscribe(tell.holdings.admit(SECRET))

    await tell("keys", keys)

    assert subscriber.ended == "key-revoked"
    with pytest.raises(Refused) as refused:
        tell.holdings.admit(SECRET)
    assert refused.value.reply.status == 401


async def test_an_expired_key_opens_nothing(tell: Told) -> None:
    await tell("keys", {"added": [a_key(expires="2020-01-01T00:00:00Z")], "removed": []})

    with pytest.raises(Refused) as refused:
        tell.holdings.admit(SECRET)
    assert refused.value.reply.status == 401


async def test_a_delta_leads_further(tell: Told) -> None:
    await tell("delta", {**diff(ONE, TWO), **proven(TWO)})

    assert tell.version() == 2


async def test_a_forged_manifest_is_counted_and_what_is_held_goes_on(tell: Told) -> None:
    await tell("put", {**put(TWO), "signature": signature(TWO, STRANGER)})
    await tell("delta", {**diff(ONE, TWO), **proven(TWO)})

    assert tell.version() == 1
    assert tell.follower.refusals.by_kind["tampered"] == 1
    assert tell.follower.mirror.positions() == {}
    assert "Tampered" in tell.follower.trouble


async def test_what_is_no_event_of_ours_is_a_doubt(tell: Told) -> None:
    with pytest.raises(Doubt):
        await tell("keys", 7)
    await tell("something-new", {})

    assert tell.version() == 1


async def test_public_keys_of_strangers_are_refused_and_what_is_held_goes_on(tell: Told) -> None:
    strange = json.dumps({"keys": [jws.jwk_of(STRANGER.public_key()), jws.jwk_of(KEY.public_key())]}).encode()

    with pytest.raises(Strangers):
        tell.follower.heard.hear_public_keys(strange)
    await tell.settle()

    assert tell.follower.refusals.by_kind["strangers"] == 1
    assert tell.follower.mirror.keys == KEYS
    assert tell.store.jwks() != strange
    assert tell.version() == 1


async def test_an_environment_that_is_gone_is_forgotten_on_disk_too(tell: Told) -> None:
    await tell("environments", [])
    await tell.settle()

    assert tell.store.manifests() == {}
    with pytest.raises(Refused):
        tell.holdings.held_for("e")


async def test_a_relay_begins_with_what_is_on_disk(again: Told) -> None:
    again.follower.recall()

    assert again.version() == 1
    assert again.holdings.admit(SECRET).kind == "server"


async def test_what_was_changed_on_disk_is_refused(tell: Told, again: Told) -> None:
    file = tell.store.folder / "e.manifest.json"
    file.write_bytes(file.read_bytes().replace(b'"version":1', b'"version":9'))
    again.follower.recall()

    assert again.follower.refusals.by_kind["tampered"] == 1
    assert not again.holdings.rules


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff"])
async def test_a_file_that_broke_off_is_passed_over(tell: Told, again: Told, content: bytes) -> None:
    (tell.store.folder / "e.manifest.json").write_bytes(content)
    again.follower.recall()

    assert not again.holdings.rules
    assert again.holdings.admit(SECRET)


@pytest.mark.parametrize("name", ["jwks.json", "scope.json"])
@pytest.mark.parametrize("content", [b"{", b"[]", b"7", b'{"keys": 7}', b'{"environments": [{}], "keys": []}'])
async def test_whatever_lies_in_the_folder_a_relay_starts(tell: Told, again: Told, name: str, content: bytes) -> None:
    (tell.store.folder / name).write_bytes(content)
    again.follower.recall()

    assert not again.holdings.rules


async def test_a_folder_that_cannot_be_written_is_no_reason_to_stop(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    told = Told(tmp_path / "file" / "relay")

    await told("environments", [PLACE])
    await told("put", put(ONE))
    await told.leave()

    assert told.version() == 1
    assert told.store.failures == 2


async def test_on_a_full_disk_the_last_good_state_stays_and_nothing_half(tell: Told, full_disk: None) -> None:
    await tell("delta", {**diff(ONE, TWO), **proven(TWO)})
    await tell.settle()

    assert tell.version() == 2
    assert tell.store.failures == 1
    assert tell.store.manifests()["e"]["version"] == 1
    assert sorted(file.name for file in tell.store.folder.iterdir()) == ["e.manifest.json", "jwks.json", "scope.json"]


async def test_no_secret_and_nothing_for_others_lies_on_disk(tell: Told) -> None:
    for file in tell.store.folder.iterdir():
        assert file.stat().st_mode & 0o077 == 0
        assert SECRET.encode() not in file.read_bytes()


async def test_the_log_level_of_the_installation_is_followed_passed_on_and_given_back(
    tell: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, behind, levels = logging.getLogger(), HeldKey("r", "f" * 64, "relay", "", "", "", "", None), []
    monkeypatch.setattr(logs, "_own", "WARNING")
    monkeypatch.setattr(root, "level", logging.WARNING)

    for told in ("DEBUG", "LOUD", None):
        await tell("settings", {"log_level": told})
        levels.append((root.level, below(behind, tell.holdings).log_level))

    assert levels == [(logging.DEBUG, "DEBUG"), (logging.WARNING, ""), (logging.WARNING, "")]
