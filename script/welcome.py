"""What script/server prints when everything answers: addresses, the demo login, keys, and lines to paste."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from script.places import Places

Keys = Mapping[str, Any]


def read_keys(path: Path) -> Keys | None:
    """The keys that the demo organization was made with (the shape of `bootstrap --json`); None when they are not kept."""
    try:
        keys = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return keys if isinstance(keys, dict) else None


def welcome(places: Places, keys: Keys | None) -> str:
    return "\n".join(["", *_addresses(places), *_secrets(places, keys), ""])


def _addresses(places: Places) -> Iterator[str]:
    yield f"FlagForge       {places.url}/"
    yield f"  Demo          {places.url}/demo/"
    yield f"  Admin         {places.url}/admin/"
    yield f"  API           {places.url}/api/docs/"
    yield f"  Relay         {places.relay_url}/status"
    yield f"  Data          {places.data}"


def _secrets(places: Places, keys: Keys | None) -> Iterator[str]:
    if keys is None:
        yield f"  No {places.keys_file.name} there, so no keys to show. For a tenant with new keys:"
        yield "  .venv/bin/python manage.py bootstrap --help"
        return
    yield from _login(keys)
    yield from _keys(keys)
    yield from _curl_lines(places, keys)


def _login(keys: Keys) -> Iterator[str]:
    owner = keys.get("owner") or {}
    if owner.get("email"):
        yield f"  Demo login    {owner['email']}   {owner.get('password') or '(the password you have set)'}"


def _keys(keys: Keys) -> Iterator[str]:
    yield ""
    for name, environment in _environments(keys).items():
        for kind in ("client", "server"):
            if key := environment.get(f"{kind}_key"):
                yield f"  {name:<13} {kind:<8} {key}"
    for kind, member in (("relay", "relay_key"), ("token", "token")):
        if key := keys.get(member):
            yield f"  {'all':<13} {kind:<8} {key}"


def _curl_lines(places: Places, keys: Keys) -> Iterator[str]:
    """Only with a server key: what it answers shows the reasons of every flag."""
    environments = _environments(keys).values()
    key = next((environment["server_key"] for environment in environments if environment.get("server_key")), None)
    if key is None:
        return
    sdk = f"{places.url}/api/v1/sdk"
    curl = f"curl -H 'X-API-Key: {key}'"
    yield ""
    yield "  Ask for all flags of one person; hear of a change as it happens; take the rules themselves:"
    yield f"    {curl} '{sdk}/flags?targetingKey=user-1&country=IN'"
    yield f"    {curl} -N '{sdk}/stream'"
    yield f"    {curl} -i '{sdk}/ruleset'"


def _environments(keys: Keys) -> Mapping[str, Mapping[str, str | None]]:
    environments: Mapping[str, Mapping[str, str | None]] = keys.get("environments") or {}
    return environments
