"""Relays behind relays, relays with a server key, and relays that follow nobody: each a process of its own."""

from collections.abc import Callable
from pathlib import Path

import httpx

from evaluation.manifest import sign
from evaluation.sdk.upstream import JWKS
from tenants import services
from tenants.actors import Actor
from tenants.keys import sha256_of
from tenants.models import ApiKey, Environment
from tests.journeys.conftest import Server
from tests.journeys.relay.conftest import StartRelay, is_on, until


def test_a_relay_behind_a_relay_follows_a_toggle_and_goes_on_without_both(
    control_plane: Server, start_relay: StartRelay, server_key: str, toggle: Callable[[bool], None]
) -> None:
    front = start_relay(control_plane.url)
    back = start_relay(front.url, store="back")
    ruleset = [relay.ask("/api/v1/sdk/ruleset", server_key) for relay in (front, back)]

    toggle(True)
    until(lambda: is_on(back, server_key), 5, back.log)

    assert ruleset[0].content == ruleset[1].content
    assert ruleset[0].headers["FlagForge-Signature"] == ruleset[1].headers["FlagForge-Signature"]
    front.process.kill()
    control_plane.process.kill()
    until(lambda: back.status()["status"] == "degraded", 10, back.log)
    assert is_on(back, server_key)


def test_a_key_that_is_revoked_ends_behind_both_relays(
    control_plane: Server, start_relay: StartRelay, server_key: str, system: Actor
) -> None:
    front = start_relay(control_plane.url)
    back = start_relay(front.url, store="back")
    assert back.ask("/api/v1/sdk/flags", server_key).status_code == 200

    services.revoke_api_key(ApiKey.objects.get(sha256=sha256_of(server_key)), actor=system)

    until(lambda: back.ask("/api/v1/sdk/flags", server_key).status_code == 401, 5, back.log)


def test_a_new_key_works_behind_both_relays_as_soon_as_it_is_made(
    control_plane: Server, start_relay: StartRelay, development: Environment, system: Actor
) -> None:
    front = start_relay(control_plane.url)
    back = start_relay(front.url, store="back")

    secret = services.create_api_key(kind="server", scope=development, name="new", actor=system)[1]
    answers = [back.ask("/api/v1/sdk/flags", secret).status_code for _ in range(3)]

    assert answers == [200, 200, 200]


def test_a_relay_key_of_a_narrower_scope_opens_no_more_than_that(
    control_plane: Server, start_relay: StartRelay, development: Environment, production: Environment, system: Actor
) -> None:
    secrets = {
        place.key: services.create_api_key(kind="server", scope=place, name="s", actor=system)[1]
        for place in (development, production)
    }
    narrow = services.create_api_key(kind="relay", scope=production, name="narrow", actor=system)[1]
    front = start_relay(control_plane.url)

    back = start_relay(front.url, key=narrow, store="back")

    assert [each["key"] for each in back.status()["environments"]] == ["production"]
    assert back.ask("/api/v1/sdk/flags", secrets["production"]).status_code == 200
    assert back.ask("/api/v1/sdk/flags", secrets["development"]).status_code == 401


def test_a_relay_with_a_server_key_serves_its_environment_until_the_key_is_revoked(
    control_plane: Server, start_relay: StartRelay, server_key: str, toggle: Callable[[bool], None], system: Actor
) -> None:
    relay = start_relay(control_plane.url, key=server_key)
    headers = {"X-API-Key": server_key}
    ours, theirs = (httpx.get(f"{url}/api/v1/sdk/flags", headers=headers) for url in (relay.url, control_plane.url))
    toggle(True)
    until(lambda: is_on(relay, server_key), 5, relay.log)

    services.revoke_api_key(ApiKey.objects.get(sha256=sha256_of(server_key)), actor=system)

    assert ours.content == theirs.content
    until(lambda: relay.ask("/api/v1/sdk/flags", server_key).status_code == 401, 5, relay.log)


def test_a_relay_serves_a_signed_file_and_needs_nobody(
    control_plane: Server, start_relay: StartRelay, server_key: str, toggle: Callable[[bool], None], tmp_path: Path
) -> None:
    toggle(True)
    headers = {"X-API-Key": server_key}
    until(lambda: '"enabled":true' in httpx.get(f"{control_plane.url}/api/v1/sdk/ruleset", headers=headers).text, 5)
    for name, path in (("signed", "/api/v1/sdk/poll"), ("jwks", JWKS)):
        (tmp_path / f"{name}.json").write_bytes(httpx.get(control_plane.url + path, headers=headers).content)
    control_plane.process.kill()

    files = ("--file", str(tmp_path / "signed.json"), "--jwks", str(tmp_path / "jwks.json"))
    relay = start_relay("http://127.0.0.1:9", *files, key=server_key)

    assert is_on(relay, server_key)
    assert relay.status()["status"] == "offline"
    assert relay.ask("/api/v1/sdk/flags").status_code == 401
    assert relay.ask("/api/v1/sdk/flags", f"ff_server_{'x' * 43}").status_code == 401


def test_a_rotation_of_signing_keys_passes_through_a_chain(
    control_plane: Server, start_relay: StartRelay, server_key: str, toggle: Callable[[bool], None]
) -> None:
    front = start_relay(control_plane.url)
    back = start_relay(front.url, store="back")

    for enabled in (True, False, True):
        sign.rotate()
        toggle(enabled)
        until(lambda enabled=enabled: is_on(back, server_key) is enabled, 20, back.log)  # type: ignore[misc]


def test_keys_for_which_no_known_one_vouches_are_refused_and_what_was_held_goes_on(
    control_plane: Server, start_relay: StartRelay, server_key: str, toggle: Callable[[bool], None]
) -> None:
    relay = start_relay(control_plane.url)

    kid = sign.rotate(keep_previous=False)
    until(lambda: kid in httpx.get(control_plane.url + JWKS).text, 5)  # it has heard of the new key
    toggle(True)

    until(lambda: relay.status()["upstream"]["refused"]["strangers"] > 0, 20, relay.log)
    assert "no known key vouches for them" in relay.status()["upstream"]["trouble"]
    assert not is_on(relay, server_key)
    assert is_on(start_relay(control_plane.url, store="another"), server_key)
