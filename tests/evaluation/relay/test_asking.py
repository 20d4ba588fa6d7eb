"""What a relay asks upstream about keys that nobody told it of, and what it does not ask."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from evaluation.relay import asking as askings
from evaluation.relay.asking import Asking
from evaluation.relay.holdings import Holdings
from evaluation.sdk import upstream as upstreams
from evaluation.sdk.upstream import Upstream
from evaluation.wire.problems import Refused
from tenants.keys import sha256_of
from tests.evaluation.relay.said import PLACE, SECRET, a_key

NEW = "ff_client_" + "n" * 43


class Control:
    """A control plane that knows these keys, counts the questions, and may keep silent."""

    def __init__(self) -> None:
        self.keys: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.port = 0
        self.answers = asyncio.Event()
        self.answers.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                sha256 = head.split(b" ")[1].rpartition(b"/")[2].decode()
                self.asked.append(sha256)
                await self.answers.wait()
                writer.write(_answer(self.keys.get(sha256)))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def _answer(found: dict[str, Any] | None) -> bytes:
    body = json.dumps(found or {}).encode()
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%b" % (200 if found else 404, len(body), body)


@pytest.fixture
async def control() -> AsyncIterator[Control]:
    control = Control()
    server = await asyncio.start_server(control.serve, "127.0.0.1", 0)
    control.port = server.sockets[0].getsockname()[1]
    yield control
    control.answers.set()
    server.close()


@pytest.fixture
async def holdings() -> Holdings:
    """What a relay holds that heard of one environment and one key."""
    holdings = Holdings()
    holdings.set_places([PLACE])
    holdings.set_keys([a_key()])
    return holdings


@pytest.fixture
async def asking(control: Control, holdings: Holdings) -> AsyncIterator[Asking]:
    upstream = Upstream(f"http://127.0.0.1:{control.port}", "ff_relay_x")
    asking = Asking(upstream, holdings)
    yield asking
    await asking.stop()
    await upstream.close()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for longer than a moment."""
    monkeypatch.setattr(upstreams, "ASK_SECONDS", 0.2)
    monkeypatch.setattr(askings, "CONFIRMED_SECONDS", 0.05)


def is_refused(holdings: Holdings, secret: str) -> bool:
    try:
        holdings.admit(secret)
    except Refused as refused:
        return refused.reply.status == 401
    return False


async def test_a_key_that_works_upstream_works_here_at_once(
    asking: Asking, control: Control, holdings: Holdings
) -> None:
    control.keys[sha256_of(NEW)] = a_key(NEW, kind="client")
    assert asking.is_unheard(NEW)

    await asking.hear_of(NEW)

    assert holdings.admit(NEW).environment_key == "production"
    assert not asking.is_unheard(NEW)


async def test_an_unknown_key_is_asked_about_once(asking: Asking, control: Control, holdings: Holdings) -> None:
    for _ in range(3):
        await asking.hear_of(NEW)

    assert control.asked == [sha256_of(NEW)]
    assert is_refused(holdings, NEW)


async def test_who_asks_at_the_same_time_waits_for_the_same_answer(asking: Asking, control: Control) -> None:
    control.keys[sha256_of(NEW)] = a_key(NEW)

    await asyncio.gather(*(asking.hear_of(NEW) for _ in range(50)))

    assert len(control.asked) == 1


@pytest.mark.parametrize("secret", ["", "nonsense", SECRET, "ff_token_" + "t" * 43, f"{NEW}x", f"{NEW[:-1]}/"])
async def test_about_a_known_key_and_about_nonsense_nobody_is_asked(
    secret: str, asking: Asking, control: Control
) -> None:
    await asking.hear_of(secret)

    assert control.asked == []


async def test_what_is_no_hash_is_not_passed_on(asking: Asking, control: Control) -> None:
    for nonsense in ("", "../flags", "0" * 63, "0" * 65, "G" * 64, "0" * 63 + "\n"):
        await asking.hear_of_hash(nonsense)

    assert control.asked == []


async def test_before_it_heard_of_keys_a_relay_asks_about_none(control: Control, asking: Asking) -> None:
    asking.holdings = Holdings()

    await asking.hear_of(NEW)

    assert control.asked == []


async def test_a_flood_of_guesses_becomes_none_upstream(asking: Asking, control: Control) -> None:
    guesses = [f"ff_server_{number:043}" for number in range(20_000)]

    for guess in guesses:
        await asking.hear_of(guess)

    assert len(control.asked) < 500
    assert asking.withheld > 19_000
    assert len(asking._unknown_until) <= askings.MOST_UNKNOWN


async def test_an_upstream_that_says_nothing_is_left_alone_after_some_tries(
    asking: Asking, control: Control, holdings: Holdings, at_once: None
) -> None:
    control.answers.clear()

    for number in range(10):
        await asyncio.wait_for(asking.hear_of(f"ff_server_{number:043}"), 5)

    assert len(control.asked) == asking.failed == 5
    assert asking.circuit.state(asyncio.get_running_loop().time()) == "open"


async def test_a_key_that_the_stream_never_tells_of_is_dropped_with_its_streams(
    asking: Asking, control: Control, holdings: Holdings, at_once: None
) -> None:
    control.keys[sha256_of(NEW)] = a_key(NEW)
    await asking.hear_of(NEW)
    subscriber = holdings.hub.subscribe(holdings.admit(NEW))

    await asyncio.sleep(0.1)

    assert is_refused(holdings, NEW)
    assert subscriber.ended == "key-revoked"


async def test_a_key_that_the_stream_confirms_stays(
    asking: Asking, control: Control, holdings: Holdings, at_once: None
) -> None:
    control.keys[sha256_of(NEW)] = a_key(NEW)
    await asking.hear_of(NEW)
    subscriber = holdings.hub.subscribe(holdings.admit(NEW))

    holdings.change_keys([a_key(NEW)], [])
    await asyncio.sleep(0.1)

    assert holdings.admit(NEW)
    assert subscriber.ended is None


@pytest.mark.parametrize("wrong", [{"environment": "elsewhere"}, {"sha256": "0" * 64}])
async def test_an_answer_about_something_else_opens_nothing(
    wrong: dict[str, str], asking: Asking, control: Control, holdings: Holdings
) -> None:
    control.keys[sha256_of(NEW)] = {**a_key(NEW), **wrong}

    await asking.hear_of(NEW)

    assert is_refused(holdings, NEW)
