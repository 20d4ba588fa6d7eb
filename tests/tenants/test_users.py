"""People: registered by the service or by signing up, known by a lower-case e-mail address."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import authenticate
from django.db import IntegrityError, transaction
from django.test import Client

from tenants import services
from tenants.actors import Actor
from tenants.models import AuditEvent, User
from tenants.problems import Conflict, Invalid
from tests.conftest import AtOnce

PASSWORD = "correct horse battery staple"


@pytest.fixture
def pages(db: None, client: Client) -> Client:
    return client


def register(email: str, password: str = PASSWORD, name: str = "") -> User:
    return services.register_user(email=email, password=password, name=name, actor=Actor.anonymous())


@pytest.mark.django_db
def test_addresses_are_kept_in_lower_case() -> None:
    user = register(" Alice@Example.COM ")

    assert user.email == "alice@example.com"
    assert authenticate(None, username="ALICE@example.com", password=PASSWORD) == user


@pytest.mark.django_db
def test_registering_is_told_to_the_instances_chain() -> None:
    user = register("alice@example.com", name="Alice")

    event = AuditEvent.objects.get()
    assert (event.verb, event.chain, event.object_id) == ("user.registered", "instance", user.id)
    assert PASSWORD not in str(AuditEvent.objects.values())
    assert "password" not in {field.name for field in User.history.model._meta.fields}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("email", "password", "path"),
    [
        ("alice", PASSWORD, "email"),
        ("alice@example.com\n.org", PASSWORD, "email"),
        ("", PASSWORD, "email"),
        ("alice@example.com", "short", "password"),
        ("alice@example.com", "password123", "password"),
        ("alice@example.com", "alice@example.com", "password"),
    ],
)
def test_bad_addresses_and_passwords_are_refused(email: str, password: str, path: str) -> None:
    with pytest.raises(Invalid) as caught:
        register(email, password)

    assert {fault.path for fault in caught.value.faults} == {path}


@pytest.mark.django_db
def test_an_address_is_taken_whatever_its_case(alice: User) -> None:
    with pytest.raises(Conflict, match="exists already"):
        register("ALICE@example.com")


@pytest.mark.django_db
def test_the_database_holds_addresses_apart_too(alice: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User(email="Alice@Example.com").save()


def test_signing_up_and_logging_in_by_address(pages: Client) -> None:
    signed_up = pages.post("/accounts/signup/", {"email": "Mona@Example.com", "password1": PASSWORD})
    pages.logout()
    logged_in = pages.post("/accounts/login/", {"login": "MONA@example.com", "password": PASSWORD})

    mona = User.objects.get()
    assert (signed_up.status_code, logged_in.status_code) == (302, 302)
    assert mona.email == EmailAddress.objects.get().email == "mona@example.com"
    assert pages.session["_auth_user_id"] == mona.id
    assert AuditEvent.objects.get().verb == "user.registered"


def test_signing_up_twice_makes_no_second_account(pages: Client) -> None:
    pages.post("/accounts/signup/", {"email": "mona@example.com", "password1": PASSWORD})
    pages.logout()

    pages.post("/accounts/signup/", {"email": "MONA@example.com", "password1": PASSWORD})

    assert User.objects.count() == 1


def test_a_deleted_person_is_logged_out(pages: Client, alice: User) -> None:
    pages.force_login(alice)
    User.objects.update(deleted_at="2026-01-01T00:00:00Z")

    answer = pages.get("/accounts/email/")

    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.django_db(transaction=True)
def test_of_two_who_sign_up_at_once_with_one_address_one_is_told(at_once: AtOnce) -> None:
    def sign_up() -> object:
        return Client().post("/accounts/signup/", {"email": "mona@example.com", "password1": PASSWORD}).status_code

    answers = at_once(sign_up, sign_up)

    assert User.objects.filter(email="mona@example.com").count() == 1
    assert set(answers) <= {200, 302}


def test_who_comes_second_in_a_race_is_told_to_log_in(pages: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    register("mona@example.com")
    monkeypatch.setattr("allauth.account.forms.SignupForm.clean_email", lambda form: form.cleaned_data["email"])

    answer = pages.post("/accounts/signup/", {"email": "mona@example.com", "password1": PASSWORD}, follow=True)

    assert answer.redirect_chain == [("/accounts/login/", 302)]
    assert "There is an account for mona@example.com already" in answer.content.decode()
