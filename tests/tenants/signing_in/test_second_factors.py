"""An authenticator app as a second factor: enrolled, asked for, recovered from, removed; its seed is sealed."""

import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import Client

from tenants.models import AuditEvent, User
from tenants.sealing import SealBroken
from tenants.second_factors import SecondFactors
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN, FACTORS = "/accounts/login/", "/accounts/mfa/"


def digits_of(secret: str) -> str:
    """What an app shows; not in the last moments of its 30 seconds, since they could end on the way."""
    if (left := 30 - time.time() % 30) < 2:
        time.sleep(left)
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def with_password(user: User) -> Client:
    client = Client()
    client.post(LOGIN, {"login": user.email, "password": PASSWORD})
    return client


def reauthenticated(client: Client, address: str) -> Any:
    """The page, which asks for the password first."""
    asked = client.get(address)["Location"]
    return client.post(asked, {"password": PASSWORD}, follow=True)


def enrolled(user: User) -> tuple[Client, str]:
    """A browser in which somebody has just set up an app, and the app's secret."""
    client = with_password(user)
    page = reauthenticated(client, f"{FACTORS}totp/activate/").content.decode()
    secret = re.search(r'data-copy="([A-Z2-7]{32})"', page)
    assert secret
    client.post(f"{FACTORS}totp/activate/", {"code": digits_of(secret[1])})
    cache.clear()  # the same digits would not count twice
    return client, secret[1]


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_an_app_is_set_up_after_the_password_was_asked_for_again(alice: User) -> None:
    assert with_password(alice).get(f"{FACTORS}totp/activate/")["Location"].startswith("/accounts/reauthenticate/")

    client, _ = enrolled(alice)

    page = client.get(FACTORS).content.decode()
    assert "Remove the app" in page
    assert "10 of them are left" in page


def test_wrong_digits_set_up_nothing(alice: User) -> None:
    client = with_password(alice)
    reauthenticated(client, f"{FACTORS}totp/activate/")

    answer = client.post(f"{FACTORS}totp/activate/", {"code": "000000"})

    assert "Incorrect code" in answer.content.decode()
    assert not Authenticator.objects.exists()


def test_the_password_alone_signs_nobody_in_any_more(alice: User) -> None:
    _, secret = enrolled(alice)
    client = with_password(alice)
    assert not is_signed_in(client)
    assert client.get("/organizations/")["Location"].startswith(LOGIN)

    client.post(f"{FACTORS}authenticate/", {"code": "000000"})
    assert not is_signed_in(client)

    client.post(f"{FACTORS}authenticate/", {"code": digits_of(secret)})
    assert is_signed_in(client)


@pytest.mark.django_db(transaction=True)
def test_the_first_factor_ends_sessions_that_showed_the_password_alone(alice: User) -> None:
    before = with_password(alice)

    client, _ = enrolled(alice)

    assert before.get("/organizations/").status_code == 302
    assert client.get("/organizations/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_what_becomes_of_factors_stands_in_the_audit(alice: User) -> None:
    client, _ = enrolled(alice)
    client.post(f"{FACTORS}recovery-codes/generate/")
    client.post(f"{FACTORS}totp/deactivate/")

    events = AuditEvent.objects.filter(object_id=alice.pk, actor_id=alice.pk).order_by("position")
    assert [(event.verb, (event.after or {}).get("kind")) for event in events] == [
        ("user.second_factor_added", "totp"),
        ("user.second_factor_added", "recovery_codes"),
        ("user.recovery_codes_replaced", None),
        ("user.second_factor_removed", "totp"),
        ("user.second_factor_removed", "recovery_codes"),
    ]


def test_digits_count_once(alice: User) -> None:
    _, secret = enrolled(alice)
    digits = digits_of(secret)
    with_password(alice).post(f"{FACTORS}authenticate/", {"code": digits})
    second = with_password(alice)

    second.post(f"{FACTORS}authenticate/", {"code": digits})

    assert not is_signed_in(second)


def test_a_recovery_code_signs_in_once(alice: User) -> None:
    enrolled(alice)
    codes = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    first, second = with_password(alice), with_password(alice)

    first.post(f"{FACTORS}authenticate/", {"code": codes[0]})
    second.post(f"{FACTORS}authenticate/", {"code": codes[0]})

    assert is_signed_in(first)
    assert not is_signed_in(second)


def test_recovery_codes_are_shown_downloaded_and_replaced(alice: User) -> None:
    client, _ = enrolled(alice)
    old = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()

    assert old[9] in client.get(f"{FACTORS}recovery-codes/").content.decode()
    assert old[9] in client.get(f"{FACTORS}recovery-codes/download/").content.decode()
    client.post(f"{FACTORS}recovery-codes/generate/")

    assert not set(old) & set(Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes())


def test_removing_the_app_takes_the_recovery_codes_with_it(alice: User) -> None:
    client, _ = enrolled(alice)
    assert "Remove the app" in client.get(f"{FACTORS}totp/deactivate/").content.decode()

    client.post(f"{FACTORS}totp/deactivate/")

    assert not Authenticator.objects.exists()
    assert is_signed_in(with_password(alice))


def test_a_session_alone_removes_nothing(alice: User) -> None:
    enrolled(alice)
    client = Client()
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")

    answer = client.post(f"{FACTORS}totp/deactivate/")

    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert Authenticator.objects.filter(type="totp").exists()


def test_nobody_touches_the_keys_of_others(alice: User, charlie: User) -> None:
    key = Authenticator.objects.create(user=alice, type="webauthn", data={"name": "Hers", "credential": {}})
    client = with_password(charlie)
    reauthenticated(client, f"{FACTORS}totp/activate/")

    answers = [client.post(f"{FACTORS}webauthn/keys/{key.pk}/{verb}/").status_code for verb in ("remove", "edit")]

    assert answers == [404, 404]


def test_seeds_lie_sealed_in_the_database(alice: User, settings: Any) -> None:
    _, secret = enrolled(alice)
    kept = Authenticator.objects.get(type="totp").data["secret"]

    assert secret not in kept
    assert SecondFactors().decrypt(kept) == secret
    settings.ENVELOPE_KEYS = (b"another key of thirty-two bytes!",)
    with pytest.raises(SealBroken, match="another FLAGFORGE_ENVELOPE_KEY"):
        SecondFactors().decrypt(kept)
