"""A request that has a name keeps it: in the answer, on either way through a relay, and in the log."""

import json
import logging

import httpx
import pytest

from evaluation.relay import logs
from evaluation.relay.logs import JsonFormatter
from evaluation.wire.request_ids import current
from tests.evaluation.relay.conftest import HOST, Served
from tests.evaluation.relay.said import SECRET


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/sdk/flags", 200),
        ("/api/v1/sdk/flags/nowhere", 404),
        ("/api/v1/sdk/flags/n%6Fwhere", 404),
        ("/livez", 200),
        ("/x", 404),
    ],
)
def test_a_name_is_answered_and_a_strange_or_missing_one_is_not(path: str, status: int, served: Served) -> None:
    with httpx.Client(base_url=f"http://{HOST}:{served.port}", headers={"X-API-Key": SECRET}) as client:
        for name, told in (
            ("edge-7.a", "edge-7.a"),
            ("edge-8", "edge-8"),
            ("<script>", None),
            ("x" * 65, None),
            ("", None),
        ):
            answer = client.get(path, headers={"X-Request-Id": name} if name else {})
            assert (answer.status_code, answer.headers.get("X-Request-Id")) == (status, told)


def test_heads_that_come_once_are_not_kept(served: Served) -> None:
    with httpx.Client(base_url=f"http://{HOST}:{served.port}", headers={"X-API-Key": SECRET}) as client:
        client.get("/api/v1/sdk/flags", headers={"X-Request-Id": "once"})
        named = len(served.relay.heads._known)
        client.get("/api/v1/sdk/flags")

    assert (named, len(served.relay.heads._known)) == (0, 1)


def test_a_line_is_an_object_with_the_name_and_what_was_said_with_it() -> None:
    token = current.set("edge-7")
    try:
        raise ValueError("no")
    except ValueError as error:
        record = logging.LogRecord("relay", logging.ERROR, "", 1, "%s broke", ("/flags",), (ValueError, error, None))
    record.path = "/flags"
    logs._name(record)
    current.reset(token)

    line = json.loads(JsonFormatter().format(record))

    assert line.pop("timestamp").endswith("Z")
    assert line.pop("exception") == "ValueError: no"
    assert line == {
        "event": "/flags broke",
        "level": "error",
        "logger": "relay",
        "path": "/flags",
        "request_id": "edge-7",
    }


def test_a_level_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="FLAGFORGE_LOG_LEVEL=LOUD is none of DEBUG, INFO"):
        logs.begin({"FLAGFORGE_LOG_LEVEL": "LOUD"})
