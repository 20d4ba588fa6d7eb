"""What a server notes of those who ask: cheaply, bounded, and nothing that is secret."""

from collections.abc import Iterator

import pytest

from evaluation import sightings
from evaluation.delivery.held import HeldKey
from evaluation.sightings import CONNECTED, EVALUATED, MISSING
from evaluation.wire.replies import Reply
from tenants.keys import mint

KEY = HeldKey("key", "0" * 64, "server", "org", "project", "env", "development", None)
ANSWER = Reply(200, b'{"value":true,"variant":"on","reason":"STATIC"}')


@pytest.fixture(autouse=True)
def nothing_seen() -> Iterator[None]:
    sightings.forget_everything()
    yield
    sightings.forget_everything()


def test_an_answer_is_noted_with_its_flag_variant_and_program() -> None:
    sightings.note_answer(KEY, "checkout", ANSWER, {"HTTP_USER_AGENT": "curl/8" + "x" * 200})

    seen = sightings.find(EVALUATED, "env")
    assert seen is not None
    assert (seen.api_key_id, seen.flag, seen.variant, seen.reason) == ("key", "checkout", "on", "STATIC")
    assert len(seen.program) == sightings.PROGRAM_LENGTH
    assert sightings.find(MISSING, "env") is None


def test_all_flags_have_no_variant_and_a_304_is_an_answer() -> None:
    sightings.note_answer(KEY, "", Reply(304, b""), {})

    seen = sightings.find(EVALUATED, "env")
    assert seen is not None
    assert (seen.flag, seen.variant) == ("", "")


def test_a_busy_environment_is_noted_once_a_second() -> None:
    for flag in ("first", "second"):
        sightings.note_answer(KEY, flag, ANSWER, {})

    seen = sightings.find(EVALUATED, "env")
    assert seen is not None
    assert seen.flag == "first"


def test_an_error_is_no_evaluation() -> None:
    sightings.note_answer(KEY, "checkout", Reply(400, b"{}"), {})

    assert sightings.find(EVALUATED, "env") is None


def test_streams_of_rules_and_of_values_are_told_apart() -> None:
    sightings.note_stream(KEY, "flagforge-python", has_rules=True)
    assert sightings.find(CONNECTED, "env") is not None
    assert sightings.find(EVALUATED, "env") is None

    sightings.note_stream(KEY, "a browser", has_rules=False)
    assert sightings.find(EVALUATED, "env") is not None


def test_of_a_key_that_does_not_work_only_its_beginning_is_kept() -> None:
    secret = mint("server").secret

    sightings.note_refusal(secret, "192.0.2.1")

    found = sightings.find_refusal(begins=secret[:18])
    assert found is not None
    assert found == sightings.find_refusal(address="192.0.2.1")
    assert (found.begins, found.length) == (secret[:18], len(secret))
    assert secret not in repr(found)


@pytest.mark.parametrize("secret", ["hunter2", "ff_admin_abcdefgh", "ff_server_pässword", "ff_server_a\x00b"])
def test_of_what_is_no_key_nothing_is_kept(secret: str) -> None:
    assert sightings.begin_of(secret) == ""


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sightings, "MOST", 3)

    for number in range(10):
        sightings.note_refusal("nonsense", f"192.0.2.{number}")

    assert sightings.find_refusal(address="192.0.2.9") is not None
    assert sightings.find_refusal(address="192.0.2.1") is None


def test_an_hour_later_a_refusal_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    sightings.note_refusal("nonsense", "192.0.2.1")
    monkeypatch.setattr(sightings, "REFUSAL_KEPT_SECONDS", -1)

    assert sightings.find_refusal(address="192.0.2.1") is None


def test_what_was_noted_is_passed_on_once() -> None:
    sightings.note_refusal("nonsense", "192.0.2.1")
    assert sightings.has_news()

    sightings.pass_on()

    assert not sightings.has_news()
    assert sightings.find_refusal(address="192.0.2.1") is not None
