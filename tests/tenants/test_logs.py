"""What never gets into a log line."""

import io
import json
import logging

import pytest

from tenants.keys import mint
from tenants.logs import formatter, without_keys

SERVER_KEY = mint("server").secret


def logged(message: str, *args: object, as_json: bool = False, **options: bool) -> str:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter(as_json))
    log = logging.Logger("test")
    log.addHandler(handler)
    log.error(message, *args, **options)  # type: ignore[arg-type]  # exc_info and stack_info alone
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["client", "server", "relay", "token"])
@pytest.mark.parametrize("around", ["{}", "Bearer {},", '"{}"', "/flags?key={}&x=1", "b'{}'"])
def test_keys_are_cut_out(kind: str, around: str) -> None:
    secret = mint(kind).secret

    assert secret[10:] not in without_keys(around.format(secret))


def test_the_secret_of_a_trigger_is_cut_out_of_its_address() -> None:
    cleaned = without_keys(
        "Internal Server Error: /api/v1/triggers/ff_trigger_Zx3-_abcdefghijklmnopqrstuvwxyz0123456789ABC"
    )

    assert cleaned == "Internal Server Error: /api/v1/triggers/[key]"


@pytest.mark.parametrize("query", ["?key=abc.def", "?x=1&token=abc.def", "?token=abc%2Edef&x=1"])
def test_keys_and_tokens_in_urls_are_cut_out_whatever_they_look_like(query: str) -> None:
    cleaned = without_keys(f"GET /api/v1/sdk/stream{query} 200")

    assert "abc" not in cleaned
    assert cleaned.endswith(" 200")


def test_other_words_stay() -> None:
    text = "flag ff_server is on; monkey=1&keys=2 ?keyring=3"

    assert without_keys(text) == text


@pytest.mark.parametrize("as_json", [False, True])
def test_arguments_and_tracebacks_are_cleaned_too(as_json: bool) -> None:
    try:
        raise ValueError(f"bad key {SERVER_KEY}")
    except ValueError:
        line = logged("refused %s", SERVER_KEY, as_json=as_json, exc_info=True)

    assert "Traceback" in line
    assert "ValueError" in line
    assert SERVER_KEY not in line
    assert SERVER_KEY[10:] not in line


def test_json_lines_are_json() -> None:
    line = logged("refused %s", SERVER_KEY, as_json=True)

    entry = json.loads(line)
    assert entry["event"] == "refused [key]"
    assert entry["level"] == "error"
