"""What is sealed opens with the key that sealed it, and for what it was sealed for alone; all of it moves to a new key."""

import os
from base64 import urlsafe_b64encode
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from tenants import resealing
from tenants.models import User
from tenants.sealing import SealBroken, SealedColumn, key_id_of
from tenants.second_factors import SEALED

OLD, NEW = b"the key of yesterday, 32 bytes..", b"the key of tomorrow, 32 bytes..."
COLUMN = SealedColumn("thing", "tenants.User", "name", purpose=lambda row: f"thing {row}")


@pytest.fixture(autouse=True)
def envelope_keys(settings: Any) -> Callable[..., None]:
    """Gives the process these keys; only the old one to begin with."""

    def give(*keys: bytes) -> None:
        settings.ENVELOPE_KEYS = keys

    give(OLD)
    return give


EnvelopeKeys = Callable[..., None]


def test_what_is_sealed_opens_again_and_shows_nothing() -> None:
    text = COLUMN.seal(b"a secret", 1)

    assert COLUMN.unseal(text, 1) == b"a secret"
    assert "secret" not in text
    assert COLUMN.seal(b"a secret", 1) != text


def test_the_first_key_seals_and_all_open(envelope_keys: EnvelopeKeys) -> None:
    before = COLUMN.seal(b"a secret", 1)

    envelope_keys(NEW, OLD)
    after = COLUMN.seal(b"a secret", 1)

    assert key_id_of(after) != key_id_of(before)
    assert [COLUMN.unseal(text, 1) for text in (before, after)] == [b"a secret"] * 2
    envelope_keys(NEW)
    assert COLUMN.unseal(after, 1) == b"a secret"


def test_a_wrong_key_is_named_and_so_are_those_that_are_here(envelope_keys: EnvelopeKeys) -> None:
    text = COLUMN.seal(b"a secret", 1)
    envelope_keys(NEW)
    ours = key_id_of(COLUMN.seal(b"", 1))

    with pytest.raises(SealBroken) as broken:
        COLUMN.unseal(text, 1)

    assert "thing: sealed with another FLAGFORGE_ENVELOPE_KEY" in str(broken.value)
    assert key_id_of(text) in str(broken.value)
    assert ours in str(broken.value)


def test_what_is_sealed_for_one_row_opens_in_no_other() -> None:
    with pytest.raises(SealBroken, match="altered, or sealed for something else"):
        COLUMN.unseal(COLUMN.seal(b"a secret", 1), 2)


@pytest.mark.parametrize("change", [lambda text: text[:-2] + "A=", lambda text: text[:12], lambda text: text + "é"])
def test_what_was_altered_does_not_open(change: Callable[[str], str]) -> None:
    with pytest.raises(SealBroken):
        COLUMN.unseal(change(COLUMN.seal(b"a secret", 1)), 1)


def sealed_before_keys_had_ids(content: bytes, key: bytes, purpose: bytes) -> str:
    nonce = os.urandom(12)
    return urlsafe_b64encode(nonce + AESGCM(key).encrypt(nonce, content, purpose)).decode()


def test_what_was_sealed_before_keys_had_ids_opens_with_any_of_them(envelope_keys: EnvelopeKeys) -> None:
    text = sealed_before_keys_had_ids(b"a secret", OLD, b"thing 1")
    envelope_keys(NEW, OLD)

    assert key_id_of(text) == ""
    assert COLUMN.unseal(text, 1) == b"a secret"
    envelope_keys(NEW)
    with pytest.raises(SealBroken, match="sealed with another FLAGFORGE_ENVELOPE_KEY, or altered"):
        COLUMN.unseal(text, 1)


@pytest.fixture
def factors(alice: User, charlie: User) -> list[Authenticator]:
    """Of two people, in their order."""
    return [
        Authenticator.objects.create(
            user=user, type="totp", data={"secret": SEALED.seal(user.email.encode()), "used": 3}
        )
        for user in (alice, charlie)
    ]


def opened(factor: Authenticator) -> bytes:
    factor.refresh_from_db()
    assert factor.data["used"] == 3
    return SEALED.unseal(factor.data["secret"])


def rotated(*options: str) -> str:
    said = StringIO()
    call_command("secrets", "rotate", *options, stdout=said)
    return said.getvalue()


@pytest.mark.django_db
def test_rotation_seals_all_anew_and_the_old_key_can_go(
    factors: list[Authenticator], envelope_keys: EnvelopeKeys
) -> None:
    envelope_keys(NEW, OLD)

    said = rotated("--batch", "1")

    assert "second factors: 2 with" in said
    assert "2 sealed anew" in said
    assert "older ones can go" in said
    envelope_keys(NEW)
    assert [opened(factor) for factor in factors] == [b"alice@example.com", b"charlie@example.com"]
    assert "second factors: 2 with" in rotated()
    assert "0 sealed anew" in rotated()


@pytest.mark.django_db
def test_a_dry_run_counts_and_changes_nothing(factors: list[Authenticator], envelope_keys: EnvelopeKeys) -> None:
    envelope_keys(NEW, OLD)

    said = rotated("--dry-run")

    assert "second factors: 2 with" in said
    assert "`manage.py secrets rotate` seals the rest" in said
    envelope_keys(OLD)
    assert opened(factors[0]) == b"alice@example.com"


@pytest.mark.django_db
def test_an_interrupted_rotation_goes_on_where_it_was(
    factors: list[Authenticator], envelope_keys: EnvelopeKeys
) -> None:
    envelope_keys(NEW, OLD)
    updates = 0

    def broken_off(execute: Any, sql: str, *rest: Any) -> Any:
        nonlocal updates
        is_update = sql.startswith("UPDATE")
        updates += is_update
        if is_update and updates == 2:
            raise DatabaseError("the server closed the connection")
        return execute(sql, *rest)

    with connection.execute_wrapper(broken_off), pytest.raises(DatabaseError):
        resealing.reseal(most_at_once=1)

    (found,) = [one for one in resealing.reseal() if one.column is SEALED]
    assert (found.resealed, found.older) == (1, 1)


@pytest.mark.django_db
def test_what_no_key_opens_is_named_and_holds_nothing_up(
    factors: list[Authenticator], envelope_keys: EnvelopeKeys
) -> None:
    envelope_keys(b"a key that nobody has any more..")
    factors[0].data["secret"] = lost = SEALED.seal(b"x")
    factors[0].save()
    envelope_keys(NEW, OLD)

    with pytest.raises(CommandError, match=f"No key here opens second factors {factors[0].pk}\\."):
        rotated()

    envelope_keys(NEW)
    assert opened(factors[1]) == b"charlie@example.com"
    factors[0].refresh_from_db()
    assert factors[0].data["secret"] == lost


@pytest.mark.django_db
def test_status_tells_the_keys_and_changes_nothing(factors: list[Authenticator], envelope_keys: EnvelopeKeys) -> None:
    old = key_id_of(factors[0].data["secret"])
    envelope_keys(NEW, OLD)
    said = StringIO()

    call_command("secrets", "status", stdout=said)

    assert f"second factors: 2 with {old}\n" in said.getvalue()
    envelope_keys(OLD)
    assert opened(factors[1]) == b"charlie@example.com"


def test_a_batch_has_at_least_one_row() -> None:
    with pytest.raises(CommandError, match="from 1 on"):
        rotated("--batch", "0")
