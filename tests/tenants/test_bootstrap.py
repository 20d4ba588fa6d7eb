"""`manage.py bootstrap`: a tenant from nothing, found again the second time."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from tenants import outbox, services
from tenants.actors import Actor
from tenants.bootstrap import bootstrap
from tenants.keys import kind_of, sha256_of
from tenants.models import ApiKey, AuditEvent, Environment, Organization, OutboxEvent, Project, User
from tenants.permissions import actor_of, allowed
from tenants.problems import Conflict, Invalid
from tenants.roles import Role

pytestmark = pytest.mark.django_db

ENVIRONMENTS = ["development", "staging", "production"]


def run(*arguments: str) -> str:
    given = ["--organization=acme", "--project=web", f"--environments={','.join(ENVIRONMENTS)}"]
    out = io.StringIO()
    call_command("bootstrap", *given, "--email=Owner@example.com", *arguments, stdout=out)
    return out.getvalue()


def as_json(*arguments: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(run("--json", *arguments))
    return document


def secrets_of(document: dict[str, Any]) -> list[str | None]:
    environments = [
        environment[name] for environment in document["environments"].values() for name in ("client_key", "server_key")
    ]
    return [*environments, document["relay_key"], document["token"]]


def test_the_document_has_the_promised_shape() -> None:
    document = as_json()

    assert list(document) == ["organization", "project", "owner", "environments", "relay_key", "token", "urls"]
    assert document["organization"] == {"id": Organization.objects.get().id, "slug": "acme"}
    assert document["project"] == {"id": Project.objects.get().id, "key": "web"}
    assert list(document["environments"]) == ENVIRONMENTS
    assert set(document["environments"]["staging"]) == {"id", "client_key", "server_key"}
    assert set(document["urls"]) == {"control_plane", "relay"}
    assert document["owner"]["email"] == "owner@example.com"


def test_what_it_printed_is_published() -> None:
    as_json()

    assert OutboxEvent.objects.exists()
    assert not outbox.waiting().exists()


def test_the_owner_may_log_in_and_owns_it() -> None:
    document = as_json()

    owner = authenticate(None, username="owner@example.com", password=document["owner"]["password"])
    assert isinstance(owner, User)
    assert allowed(actor_of(owner), "organization.delete", Organization.objects.get())


def test_a_given_password_is_taken() -> None:
    document = as_json("--password=correct horse battery")

    assert document["owner"]["password"] == "correct horse battery"
    assert authenticate(None, username="owner@example.com", password="correct horse battery") is not None


def test_the_keys_are_of_their_kinds_and_usable() -> None:
    document = as_json()

    for secret in secrets_of(document):
        assert secret is not None
        api_key = ApiKey.objects.usable().get(sha256=sha256_of(secret))
        assert kind_of(secret) == api_key.kind
    token = ApiKey.objects.get(kind="token")
    assert (token.scopes[0], token.role) == (("project", document["project"]["id"]), Role.ADMIN)
    assert ApiKey.objects.get(kind="relay").scopes[0] == ("project", document["project"]["id"])


def test_the_second_time_everything_is_found_and_no_secret_shown() -> None:
    first = as_json()
    written = AuditEvent.objects.count()

    second = as_json()

    assert AuditEvent.objects.count() == written
    assert second["owner"]["password"] is None
    assert (second["relay_key"], second["token"]) == (None, None)
    for key in ENVIRONMENTS:
        expected = first["environments"][key] | {"server_key": None}
        assert second["environments"][key] == expected


def test_new_keys_replace_the_old_ones() -> None:
    first = as_json()

    second = as_json("--new-keys")

    assert not {*secrets_of(first)} & {*secrets_of(second)}
    assert None not in secrets_of(second)
    assert set(ApiKey.objects.usable().values_list("sha256", flat=True)) == {
        sha256_of(str(secret)) for secret in secrets_of(second)
    }


def test_new_keys_leave_the_keys_of_people_alone(system: Actor) -> None:
    as_json()
    environment = Environment.objects.get(key="staging")
    own, _ = services.create_api_key(kind="server", scope=environment, name="web", actor=system)

    as_json("--new-keys")

    assert ApiKey.objects.usable().filter(pk=own.pk).exists()


def test_an_environment_can_be_added_later() -> None:
    as_json()

    document = bootstrap("acme", "web", ["qa"], "owner@example.com")

    assert document["environments"]["qa"]["server_key"].startswith("ff_server_")
    assert document["token"] is None
    assert Environment.objects.count() == 4


def test_another_address_becomes_an_owner_too() -> None:
    as_json()

    bootstrap("acme", "web", ["staging"], "second@example.com")

    second = User.objects.get(email="second@example.com")
    assert actor_of(second).grants == {("organization", Organization.objects.get().id): (Role.OWNER,)}


def test_a_member_is_raised_to_owner(acme: Organization, vera: User) -> None:
    bootstrap("acme", "web", ["staging"], "vera@example.com")

    assert actor_of(vera).grants == {("organization", acme.id): (Role.OWNER,)}


def test_nothing_waits_when_it_returns() -> None:
    as_json()

    assert OutboxEvent.objects.exists()
    assert not OutboxEvent.objects.filter(processed_at=None).exists()


def test_every_fault_is_named_and_nothing_made() -> None:
    with pytest.raises(Invalid) as caught:
        bootstrap("Acme!", "we b", ["a", "a", "B_"], "nobody")

    assert [fault.path for fault in caught.value.faults] == [
        "organization",
        "project",
        "email",
        "environments[1]",
        "environments[2]",
    ]
    assert not User.objects.exists()


def test_a_weak_password_makes_nothing() -> None:
    with pytest.raises(Invalid, match="password"):
        bootstrap("acme", "web", ["a"], "owner@example.com", "short")

    assert not Organization.objects.exists()


def test_the_command_says_what_is_wrong_in_words() -> None:
    with pytest.raises(CommandError) as caught:
        call_command("bootstrap", "--organization=A b", "--project=web", "--environments=", "--email=x@example.com")

    assert '--organization: "A b": Use 1 to 63 lower-case letters' in str(caught.value)
    assert "--environments: Name at least one." in str(caught.value)


def test_a_deleted_organization_is_not_brought_back_by_itself(system: Actor) -> None:
    as_json()
    services.delete_organization(Organization.objects.get(), actor=system)

    with pytest.raises(CommandError, match='"acme" is reserved'):
        run()


def test_the_text_shows_every_new_key_and_says_what_was_shown_before() -> None:
    first = run()
    second = run()

    client_key = ApiKey.objects.get(kind="client", environment__key="staging").readable
    assert client_key in first
    assert client_key in second
    assert "ff_server_" in first
    assert "ff_server_" not in second
    assert "--new-keys" in second


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_tenant(at_once: Callable[..., list[object]]) -> None:
    results = at_once(*[lambda: bootstrap("acme", "web", ENVIRONMENTS, "owner@example.com")] * 3)

    assert [result for result in results if isinstance(result, Exception)] == []
    assert (Organization.objects.count(), Environment.objects.count(), User.objects.count()) == (1, 3, 1)
    assert ApiKey.objects.count() == 8
    made = [document["token"] for document in results if isinstance(document, dict)]
    assert len([token for token in made if token]) == 1


def test_an_owner_whose_account_is_deleted_stays_so(alice: User) -> None:
    User.objects.update(deleted_at="2026-01-01T00:00:00Z")

    with pytest.raises(Conflict, match="reserved"):
        bootstrap("acme", "web", ["a"], "alice@example.com")
