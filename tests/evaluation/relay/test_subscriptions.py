"""With a server key a relay follows that key's environment, and serves those who show the same key."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from evaluation.core.delta import diff
from evaluation.relay.follower import Follower
from evaluation.relay.heard import Doubt
from evaluation.relay.holdings import Holdings
from evaluation.relay.subscriptions import OneEnvironment
from evaluation.sdk.events import Event
from evaluation.sdk.upstream import KeyRefused, Upstream
from evaluation.wire.problems import Refused
from tests.evaluation.relay.said import ONE, SECRET, TWO, proven, put
from tests.evaluation.wire.test_trust import KEYS, manifest


class Told:
    """A relay with a server key, and what upstream says to it on that key's own stream."""

    def __init__(self) -> None:
        self.holdings = Holdings()
        self.subscription = OneEnvironment(SECRET, self.holdings)
        self.subscription.name = "production"
        upstream = Upstream("http://127.0.0.1:9", SECRET)
        self.follower = Follower(upstream, self.holdings, None, subscription=self.subscription)
        self.follower.mirror.keys = KEYS

    async def __call__(self, name: str, document: dict[str, Any]) -> None:
        document = {member: value for member, value in document.items() if member != "environment" or name == "delta"}
        await self.follower.hear(Event(name, json.dumps(document).encode()))

    def status(self, secret: str = SECRET) -> int:
        try:
            self.holdings.admit(secret)
        except Refused as refused:
            return refused.reply.status
        return 200


@pytest.fixture
async def tell() -> AsyncIterator[Told]:
    told = Told()
    await told("put", put(ONE))
    yield told
    await told.follower.upstream.close()


async def test_it_serves_the_environment_to_the_same_key_and_to_no_other(tell: Told) -> None:
    assert tell.holdings.admit(SECRET).environment_key == "production"
    assert tell.holdings.held_for("e").version == 1
    assert tell.status("ff_server_" + "x" * 43) == 401


async def test_changes_and_statements_of_freshness_are_heard(tell: Told) -> None:
    await tell("delta", {**diff(ONE, TWO), **proven(TWO)})
    later = proven(TWO)["freshness"]
    await tell("freshness", {"freshness": later})

    assert tell.holdings.held_for("e").version == 2
    assert tell.subscription.last_event_id(tell.follower.mirror.positions()) == "2"


async def test_somebody_elses_environment_is_refused_however_well_it_is_signed(tell: Told) -> None:
    await tell("put", put(manifest(9, environment="other")))

    assert tell.holdings.held_for("e").version == 1
    assert tell.follower.refusals.by_kind["tampered"] == 1
    assert "other" not in tell.holdings.places


@pytest.mark.parametrize(("reason", "status"), [("key-revoked", 401), ("key-expired", 401), ("shutdown", 200)])
async def test_a_key_that_ends_upstream_ends_here_with_its_streams(reason: str, status: int, tell: Told) -> None:
    subscriber = tell.holdings.hub.subscribe(tell.holdings.admit(SECRET))

    await tell("bye", {"reason": reason, "retry_ms": 1})

    assert tell.status() == status
    assert subscriber.ended == ("key-revoked" if status == 401 else None)


@pytest.mark.parametrize(("status", "here"), [(401, 401), (403, 200)])
async def test_a_key_that_upstream_does_not_know_any_more_opens_nothing(status: int, here: int, tell: Told) -> None:
    for event in tell.subscription.refused(KeyRefused("no", status=status)):
        tell.follower.heard.hear(event)

    assert tell.status() == here


async def test_before_anything_came_a_change_is_a_doubt() -> None:
    tell = Told()

    with pytest.raises(Doubt):
        await tell("delta", {**diff(ONE, TWO), **proven(TWO)})
    await tell.follower.upstream.close()

    assert not tell.holdings.rules
