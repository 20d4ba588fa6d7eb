"""A refusal in OFREP's words: the same status and headers, the problem's detail in the protocol's own members."""

import json

from .ofrep import FLAGS
from .problems import Problem
from .replies import Reply

ERROR_CODES = {"bad-request": "PARSE_ERROR", "bad-context": "INVALID_CONTEXT"}


def failure(problem: Problem, path: str) -> Reply:
    """What a client at this address can read: some need `metadata`, all of them `errorDetails`, for one flag its `key`."""
    key = path.partition(f"{FLAGS}/")[2]
    members = {
        **({"key": key} if key else {}),
        "errorCode": ERROR_CODES.get(problem.name, "GENERAL"),
        "errorDetails": problem.detail,
        "metadata": {},
    }
    body = json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
    return Reply(problem.status, body, headers=problem.headers)
