"""What a relay hears of everything below its key's scope: environments, the hashes of keys, and each environment's rules."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..core.canonical import canonical
from .frames import Message
from .problems import Problem, Refused, bad_request, problem
from .replies import Reply
from .requests import version_of

STREAM, KEYS = "/api/v1/sdk/relay/stream", "/api/v1/sdk/relay/keys/"
MOST_POSITIONS = 500


def environments_event(environments: Sequence[Mapping[str, Any]]) -> bytes:
    """All of them, each time."""
    return _event("environments", canonical(list(environments)))


def keys_event(keys: Sequence[Mapping[str, Any]]) -> bytes:
    """All of them, as the first that a relay hears of keys."""
    return _event("keys", canonical(list(keys)))


def changed_keys_event(added: Sequence[Mapping[str, Any]], removed: Collection[str]) -> bytes:
    """`removed` are hashes. A key that is changed is added again."""
    return _event("keys", canonical({"added": list(added), "removed": sorted(removed)}))


def settings_event(log_level: str) -> bytes:
    """What was set for all processes of an installation; null where each has its own."""
    return _event("settings", canonical({"log_level": log_level or None}))


def rules_event(environment_id: str, message: Message) -> bytes:
    """A message of one environment, with its name in front of what a server key would hear."""
    data = (
        message.data
        if message.kind == "delta"
        else b'{"environment":"%b",%b' % (_bytes(environment_id), message.data[1:])
    )
    position = _bytes(f"{environment_id}:{message.version}")
    return b"event: %b\nid: %b\ndata: %b\n\n" % (_bytes(message.kind), position, data)


def positions_of(text: str) -> dict[str, int]:
    """The versions that a relay has, from a Last-Event-ID; what cannot be read is sent whole."""
    pairs = (part.strip().partition(":") for part in text.split(",")[:MOST_POSITIONS])
    named = {environment_id: version_of(version) for environment_id, _, version in pairs}
    return {environment_id: version for environment_id, version in named.items() if version is not None}


def last_event_id(positions: Mapping[str, int]) -> str:
    """The same the other way, as a relay that comes back says it."""
    return ",".join(
        f"{environment_id}:{version}" for environment_id, version in list(positions.items())[:MOST_POSITIONS]
    )


def told_key(key: Mapping[str, Any]) -> Reply:
    """One key, as the stream tells keys."""
    return Reply(200, canonical(dict(key)), headers=NOT_STORED)


def unknown_key() -> Problem:
    detail = "There is no such API key below this relay key's scope, or it does not work any more."
    return problem(404, "key-not-found", "Unknown API key", detail, headers=NOT_STORED)


def environment_needed() -> Refused:
    return bad_request("environment: a relay key must name the environment's id, as in ?environment=01J….")


def no_environment_below() -> Refused:
    return bad_request("environment: there is no such environment below this relay key's scope.")


NOT_STORED = (("Cache-Control", "no-store"),)


def _event(name: str, data: bytes) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (_bytes(name), data)


def _bytes(text: str) -> bytes:
    return text.encode()
