"""`manage.py own_relay_key`: the key of the relay that script/server runs, in keys.json."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tenants import services
from tenants.actors import Actor
from tenants.keys import mint, sha256_of
from tenants.models import ApiKey

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def keys_file(settings: Any, tmp_path: Path) -> Path:
    settings.DATA = tmp_path
    return tmp_path / "keys.json"


def kept(keys_file: Path) -> dict[str, Any]:
    call_command("own_relay_key")
    document: dict[str, Any] = json.loads(keys_file.read_text())
    return document


def test_it_is_for_the_whole_instance_and_readable_by_its_owner_alone(keys_file: Path) -> None:
    secret = kept(keys_file)["own_relay_key"]

    api_key = ApiKey.objects.get(sha256=sha256_of(secret))
    assert (api_key.kind, api_key.scopes) == ("relay", ())
    assert stat.S_IMODE(keys_file.stat().st_mode) == 0o600


def test_the_second_start_changes_nothing(keys_file: Path) -> None:
    assert kept(keys_file) == kept(keys_file)
    assert ApiKey.objects.count() == 1


def test_what_else_the_file_holds_stays(keys_file: Path) -> None:
    keys_file.write_text('{"token": "ff_token_1"}')

    assert kept(keys_file)["token"] == "ff_token_1"


@pytest.mark.parametrize("lost", ["revoked", "of another database", "damaged"])
def test_a_key_that_does_not_work_is_replaced(keys_file: Path, lost: str) -> None:
    before = kept(keys_file)["own_relay_key"]
    if lost == "revoked":
        services.revoke_api_key(ApiKey.objects.get(), actor=Actor.system("test"))
    elif lost == "of another database":
        keys_file.write_text('{"own_relay_key": "ff_relay_elsewhere"}')
    else:
        keys_file.write_text("{")

    after = kept(keys_file)["own_relay_key"]

    assert after != before
    assert ApiKey.objects.usable().filter(sha256=sha256_of(after)).exists()


def test_one_that_was_chosen_beforehand_is_known_from_now_on(monkeypatch: pytest.MonkeyPatch, keys_file: Path) -> None:
    chosen = mint("relay").secret
    monkeypatch.setenv("FLAGFORGE_RELAY_KEY", chosen)

    call_command("own_relay_key")
    call_command("own_relay_key")

    api_key = ApiKey.objects.get()
    assert (api_key.sha256, api_key.kind, api_key.scopes) == (sha256_of(chosen), "relay", ())
    assert not keys_file.exists()
    services.revoke_api_key(api_key, actor=Actor.system("test"))
    with pytest.raises(CommandError, match="revoked"):
        call_command("own_relay_key")


def test_what_is_no_relay_key_cannot_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in (mint("server").secret, "change-me", mint("relay").secret[:-1] + "-"):
        monkeypatch.setenv("FLAGFORGE_RELAY_KEY", wrong)
        with pytest.raises(CommandError, match="no relay key"):
            call_command("own_relay_key")
    assert not ApiKey.objects.exists()
