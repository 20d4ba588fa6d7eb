"""Guessing passwords, and finding out who has an account: slowed down, and told nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.test import Client

from tenants.models import User
from tenants.second_factors import SecondFactors
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"


def attempt(email: str, password: str = "wrong", *, address: str = "198.51.100.1") -> Any:  # noqa: S107  (no secret)
    return Client().post(LOGIN, {"login": email, "password": password}, REMOTE_ADDR=address)


@pytest.mark.parametrize("email", ["alice@example.com", "nobody@example.com"])
def test_after_five_wrong_passwords_an_address_is_closed_whoever_asks(email: str, alice: User) -> None:
    answers = [attempt(email, address=f"198.51.100.{number}").status_code for number in range(6)]
    refusal = attempt(email, PASSWORD)

    assert answers == [200, 200, 200, 200, 200, 429]
    assert refusal.status_code == 429
    assert refusal["Retry-After"] == "300"
    assert "Try again in 5 minutes" in refusal.content.decode()
    assert "Content-Security-Policy" in refusal


def test_an_account_that_is_there_reads_like_one_that_is_not(alice: User) -> None:
    there, not_there = attempt(alice.email), attempt("nobody@example.com")

    texts = [list(answer.context["form"].non_field_errors()) for answer in (there, not_there)]
    assert texts[0] == texts[1] != []


def test_one_place_that_tries_many_accounts_is_slowed_down(alice: User) -> None:
    answers = [attempt(f"person-{number}@example.com").status_code for number in range(11)]

    assert answers == [200] * 10 + [429]
    assert attempt(alice.email, PASSWORD, address="203.0.113.9").status_code == 302


def test_an_address_that_a_client_only_says_is_not_believed(alice: User) -> None:
    for number in range(10):
        said = {"X-Forwarded-For": f"192.0.2.{number}", "X-Real-Ip": f"192.0.2.{number}"}
        Client().post(LOGIN, {"login": f"person-{number}@example.com", "password": "wrong"}, headers=said)

    assert Client().post(LOGIN, {"login": alice.email, "password": PASSWORD}).status_code == 429


def test_right_passwords_use_nothing_up(alice: User) -> None:
    assert [attempt(alice.email, PASSWORD).status_code for _ in range(12)] == [302] * 12


def test_a_new_password_opens_the_account_again(alice: User) -> None:
    for _ in range(6):
        attempt(alice.email)
    client = Client()
    client.post("/accounts/password/reset/", {"email": alice.email})
    link = next(word for word in str(mail.outbox[-1].body).split() if "/password/reset/key/" in word)
    form = client.get(link, follow=True).request["PATH_INFO"]

    client.post(form, {"password1": "quite another password", "password2": "quite another password"})

    assert attempt(alice.email, "quite another password", address="203.0.113.9").status_code == 302


def test_codes_of_a_second_factor_are_not_guessed_either(alice: User) -> None:
    sealed = SecondFactors().encrypt("A" * 32)
    Authenticator.objects.create(user=alice, type="totp", data={"secret": sealed})
    client = Client()
    client.post(LOGIN, {"login": alice.email, "password": PASSWORD})

    answers = [client.post("/accounts/mfa/authenticate/", {"code": "nothing"}).status_code for _ in range(6)]

    assert answers == [200] * 5 + [429]


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that were hashed, which is what takes the time."""
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def noted(hasher: Any, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(hasher, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", noted)
    return hashed


def work_of(hashed: list[str], call: Callable[[str], object], email: str) -> int:
    hashed.clear()
    call(email)
    return len(hashed)


def test_the_work_is_the_same_whether_there_is_an_account_or_not(alice: User, hashed: list[str]) -> None:
    counts = [work_of(hashed, attempt, email) for email in (alice.email, "nobody@example.com")]

    assert counts[0] == counts[1] > 0


@pytest.fixture
def with_mails(settings: Any) -> None:
    """Where mails are sent, an address is verified before it counts, so nobody need be told what is taken."""
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


def sign_up(email: str) -> Any:
    return Client().post("/accounts/signup/", {"email": email, "password1": PASSWORD}, follow=True)


@pytest.mark.usefixtures("with_mails")
def test_signing_up_tells_the_mailbox_alone_what_is_taken(alice: User) -> None:
    taken, free = sign_up(alice.email), sign_up("nina@example.com")

    assert taken.redirect_chain == free.redirect_chain == [("/accounts/confirm-email/", 302)]
    assert taken.content.replace(b"alice", b"nina") == free.content
    assert [message.to for message in mail.outbox] == [["alice@example.com"], ["nina@example.com"]]
    assert "already exists" in mail.outbox[0].body
    assert User.with_deleted.count() == 2


@pytest.mark.usefixtures("with_mails")
def test_signing_up_takes_the_same_work(alice: User, hashed: list[str]) -> None:
    counts = [work_of(hashed, sign_up, email) for email in (alice.email, "nina@example.com")]

    assert counts[0] == counts[1] > 0


@pytest.mark.parametrize("deleted_at", [None, "2026-01-01T00:00:00Z"])
def test_forgetting_a_password_tells_nobody_who_has_an_account(alice: User, deleted_at: str | None) -> None:
    User.objects.update(deleted_at=deleted_at)

    answers = [
        Client().post("/accounts/password/reset/", {"email": email}, follow=True)
        for email in (alice.email, "nobody@example.com")
    ]

    assert answers[0].redirect_chain == answers[1].redirect_chain == [("/accounts/password/reset/done/", 302)]
    assert answers[0].content == answers[1].content


def test_signing_up_again_and_again_is_slowed_down() -> None:
    answers = [sign_up(f"person-{number}@example.com").status_code for number in range(21)]

    assert answers[-1] == 429
    assert set(answers[:-1]) == {200}


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("short-one", "at least 10 characters"),
        ("password1234", "too common"),
        ("nina@example.com", "too similar"),
        ("4729104726", "entirely numeric"),
    ],
)
def test_weak_passwords_are_refused(password: str, fault: str) -> None:
    page = Client().post("/accounts/signup/", {"email": "nina@example.com", "password1": password}).content.decode()

    assert fault in page
    assert not User.objects.exists()
