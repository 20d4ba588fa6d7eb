"""API keys: created, shown once, revoked; and never a way to more than one has."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from tenants import services
from tenants.actors import Actor
from tenants.keys import sha256_of
from tenants.models import ApiKey, AuditEvent, Environment, Organization, OutboxEvent, Project
from tenants.permissions import NotAllowed
from tenants.problems import Conflict, Invalid
from tenants.roles import Role


def test_a_secret_key_is_stored_as_a_hash_alone(as_ada: Actor, production: Environment) -> None:
    api_key, secret = services.create_api_key(kind="server", scope=production, name="web", actor=as_ada)

    stored = ApiKey.objects.filter(pk=api_key.pk).values().get()
    assert stored["sha256"] == sha256_of(secret)
    assert stored["readable"] == ""
    assert secret not in str(stored) + str(list(AuditEvent.objects.values())) + str(list(OutboxEvent.objects.values()))
    assert secret not in str(list(ApiKey.history.values()))
    assert secret.startswith(api_key.prefix)
    assert len(api_key.prefix) < 24


def test_a_client_key_stays_readable(as_ada: Actor, production: Environment) -> None:
    api_key, secret = services.create_api_key(
        kind="client", scope=production, name="browser", origins=["https://shop.example"], actor=as_ada
    )

    assert ApiKey.objects.get(pk=api_key.pk).readable == secret


def test_a_key_is_found_from_every_level_around_its_scope(as_ada: Actor, production: Environment) -> None:
    api_key, _ = services.create_api_key(kind="server", scope=production, name="web", actor=as_ada)

    assert api_key.scopes == production.scopes


def test_a_new_key_is_told_to_its_environment(as_ada: Actor, production: Environment) -> None:
    api_key, _ = services.create_api_key(kind="server", scope=production, name="web", actor=as_ada)

    event = OutboxEvent.objects.get(topic="api_key.created")
    assert (event.environment, event.payload) == (production, {"api_key": api_key.id, "kind": "server"})


@pytest.mark.parametrize(
    ("given", "path", "message"),
    [
        ({"kind": "magic"}, "kind", "client, server, relay, token"),
        ({"kind": "client", "scope": "project"}, "scope", "one environment"),
        ({"kind": "server", "scope": None}, "scope", "one environment"),
        ({"kind": "token", "scope": None, "role": Role.VIEWER}, "scope", "an organization, a project or"),
        ({"kind": "token", "scope": "project"}, "role", "viewer, member, admin, owner"),
        ({"kind": "token", "scope": "project", "role": 7}, "role", "Choose one of 1, 2, 3, 4"),
        ({"kind": "server", "role": Role.VIEWER}, "role", "Only tokens"),
        ({"kind": "server", "name": " "}, "name", "blank"),
        ({"kind": "server", "name": "a\nb"}, "name", "line breaks"),
        ({"kind": "server", "origins": ["https://shop.example"]}, "origins", "Only client keys"),
        ({"kind": "client", "origins": ["https://shop.example/"]}, "origins[0]", "as browsers send it"),
        ({"kind": "client", "origins": ["https://a.example", "*"]}, "origins[1]", "as browsers send it"),
        ({"kind": "client", "origins": ["https://a.example:99999"]}, "origins[0]", "as browsers send it"),
        ({"kind": "client", "origins": ["https://a.example"] * 51}, "origins", "At most 50"),
        ({"kind": "relay", "scope": "project", "limits": {"streams": 1}}, "limits", "Only client and server keys"),
        ({"kind": "server", "limits": {"requests": 1}}, "limits", "requests_per_second, burst, streams"),
        ({"kind": "server", "limits": {"burst": 1}}, "limits.burst", "belongs to requests per second"),
        ({"kind": "server", "limits": {"streams": 0}}, "limits.streams", "from 1 to 1,000,000"),
        ({"kind": "server", "limits": {"streams": True}}, "limits.streams", "whole number"),
        ({"kind": "server", "limits": {"requests_per_second": 1_000_001}}, "limits.requests_per_second", "from 1 to"),
        ({"kind": "server", "expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "expires_at", "future"),
        ({"kind": "server", "expires_at": datetime(2099, 1, 1)}, "expires_at", "offset"),
        ({"kind": "server", "comment": "\0"}, "comment", "NUL"),
    ],
)
def test_what_makes_no_sense_is_refused(
    given: dict[str, Any], path: str, message: str, production: Environment, system: Actor
) -> None:
    given = {"name": "web", "scope": "environment"} | given
    scopes = {"environment": production, "project": production.project, None: None}

    with pytest.raises(Invalid) as caught:
        services.create_api_key(**(given | {"scope": scopes[given["scope"]]}), actor=system)

    [fault] = [fault for fault in caught.value.faults if fault.path == path]
    assert message in fault.message
    assert not ApiKey.objects.exists()


def test_browsers_origins_are_accepted(as_ada: Actor, production: Environment) -> None:
    origins = ["https://shop.example", "http://localhost:3000", "https://[::1]:8443"]

    api_key, _ = services.create_api_key(kind="client", scope=production, name="web", origins=origins, actor=as_ada)

    assert api_key.origins == origins


def test_what_bounds_a_key_can_be_edited(as_ada: Actor, production: Environment) -> None:
    api_key, _ = services.create_api_key(kind="client", scope=production, name="web", actor=as_ada)

    edited = services.edit_api_key(
        api_key, origins=["https://a.example"], limits={"streams": 5}, actor=as_ada, comment="Abused"
    )

    told = AuditEvent.objects.get(verb="api_key.edited")
    assert (edited.name, edited.origins, edited.limits) == ("web", ["https://a.example"], {"streams": 5})
    assert (told.before["limits"], told.after["limits"], told.comment) == ({}, {"streams": 5}, "Abused")
    assert OutboxEvent.objects.get(topic="api_key.edited").environment == production
    assert services.edit_api_key(api_key, origins=[], limits={}, actor=as_ada).limits == {}


def test_an_edit_that_changes_nothing_tells_nobody(as_ada: Actor, production: Environment) -> None:
    api_key, _ = services.create_api_key(kind="client", scope=production, name="web", actor=as_ada)

    services.edit_api_key(api_key, name="web", origins=[], actor=as_ada)

    assert not AuditEvent.objects.filter(verb="api_key.edited").exists()


def test_wrong_bounds_leave_the_old_ones(as_ada: Actor, production: Environment) -> None:
    api_key, _ = services.create_api_key(kind="server", scope=production, name="web", actor=as_ada)

    with pytest.raises(Invalid, match="Only client keys"):
        services.edit_api_key(api_key, origins=["https://a.example"], limits={"streams": 1}, actor=as_ada)

    api_key.refresh_from_db()
    assert (api_key.origins, api_key.limits) == ([], {})


def test_a_revoked_key_is_not_edited(as_ada: Actor, production: Environment) -> None:
    api_key, _ = services.create_api_key(kind="client", scope=production, name="web", actor=as_ada)
    services.revoke_api_key(api_key, actor=as_ada)

    with pytest.raises(Conflict, match="was revoked"):
        services.edit_api_key(api_key, limits={"streams": 1}, actor=as_ada)


def test_a_member_edits_no_key(as_ada: Actor, as_bob: Actor, production: Environment) -> None:
    api_key, _ = services.create_api_key(kind="client", scope=production, name="web", actor=as_ada)

    with pytest.raises(NotAllowed):
        services.edit_api_key(api_key, limits={"streams": 1}, actor=as_bob)


def test_the_system_makes_a_relay_key_for_the_whole_instance(production: Environment, system: Actor) -> None:
    api_key, secret = services.create_api_key(kind="relay", scope=None, name="relay", actor=system)

    assert secret.startswith("ff_relay_")
    assert (api_key.scopes, api_key.organization) == ((), None)
    assert AuditEvent.objects.get(verb="api_key.created").chain == "instance"


def test_nobody_else_makes_or_revokes_an_instance_key(as_alice: Actor, system: Actor) -> None:
    api_key, _ = services.create_api_key(kind="relay", scope=None, name="relay", actor=system)

    with pytest.raises(NotAllowed, match="whole instance"):
        services.create_api_key(kind="relay", scope=None, name="mine", actor=as_alice)
    with pytest.raises(NotAllowed, match="whole instance"):
        services.revoke_api_key(api_key, actor=as_alice)


def test_a_revoked_key_is_dead_and_everybody_is_told(
    as_ada: Actor, acme: Organization, development: Environment, production: Environment
) -> None:
    api_key, _ = services.create_api_key(kind="relay", scope=acme, name="edge", actor=as_ada)

    services.revoke_api_key(api_key, actor=as_ada, comment="leaked")

    assert not ApiKey.objects.usable().filter(pk=api_key.pk).exists()
    told = OutboxEvent.objects.filter(topic="api_key.revoked").values_list("environment_id", flat=True)
    assert set(told) == {development.id, production.id}
    assert AuditEvent.objects.get(verb="api_key.revoked").comment == "leaked"


def test_revoking_an_instance_key_reaches_every_environment(production: Environment, system: Actor) -> None:
    api_key, _ = services.create_api_key(kind="relay", scope=None, name="relay", actor=system)

    services.revoke_api_key(api_key, actor=system)

    assert OutboxEvent.objects.filter(topic="api_key.revoked", environment=production).exists()


def test_revoking_twice_writes_once(as_ada: Actor, production: Environment) -> None:
    api_key, _ = services.create_api_key(kind="server", scope=production, name="web", actor=as_ada)
    first = services.revoke_api_key(api_key, actor=as_ada)

    second = services.revoke_api_key(api_key, actor=as_ada)

    assert second.revoked_at == first.revoked_at
    assert AuditEvent.objects.filter(verb="api_key.revoked").count() == 1


def test_an_expired_key_is_not_usable(as_ada: Actor, production: Environment) -> None:
    soon = timezone.now() + timedelta(hours=1)
    api_key, _ = services.create_api_key(kind="server", scope=production, name="web", expires_at=soon, actor=as_ada)
    assert ApiKey.objects.usable().exists()

    ApiKey.objects.filter(pk=api_key.pk).update(expires_at=timezone.now())

    assert not ApiKey.objects.usable().exists()


@pytest.mark.parametrize("level", ["environment", "project", "organization"])
def test_a_key_dies_with_what_holds_it(level: str, as_alice: Actor, production: Environment) -> None:
    services.create_api_key(kind="server", scope=production, name="web", actor=as_alice)
    holder = {
        "environment": production,
        "project": production.project,
        "organization": production.organization,
    }[level]

    getattr(services, f"delete_{level}")(holder, actor=as_alice)

    assert not ApiKey.objects.usable().exists()
    assert not ApiKey.objects.visible_to(as_alice).exists()


def a_token(role: Role, scope: Organization | Project | Environment) -> Actor:
    api_key, _ = services.create_api_key(kind="token", scope=scope, name="ci", role=role, actor=Actor.system())
    return Actor.of_api_key(api_key)


def test_a_token_makes_no_token_above_its_own_role(shop: Project) -> None:
    admin_token = a_token(Role.ADMIN, shop)

    services.create_api_key(kind="token", scope=shop, name="peer", role=Role.ADMIN, actor=admin_token)
    with pytest.raises(NotAllowed, match="owner is above their own there, only admin"):
        services.create_api_key(kind="token", scope=shop, name="boss", role=Role.OWNER, actor=admin_token)


def test_an_admin_makes_no_owner_token(as_ada: Actor, acme: Organization) -> None:
    with pytest.raises(NotAllowed, match="above their own"):
        services.create_api_key(kind="token", scope=acme, name="boss", role=Role.OWNER, actor=as_ada)


def test_a_token_makes_no_key_outside_its_scope(
    acme: Organization, shop: Project, development: Environment, production: Environment
) -> None:
    token = a_token(Role.ADMIN, development)

    services.create_api_key(kind="server", scope=development, name="inside", actor=token)
    for outside in (production, shop, acme):
        with pytest.raises(NotAllowed):
            services.create_api_key(kind="relay", scope=outside, name="outside", actor=token)
    with pytest.raises(NotAllowed):
        services.create_api_key(kind="relay", scope=None, name="everything", actor=token)


def test_a_member_token_makes_no_keys_at_all(shop: Project, production: Environment) -> None:
    token = a_token(Role.MEMBER, shop)

    with pytest.raises(NotAllowed):
        services.create_api_key(kind="client", scope=production, name="browser", actor=token)


def test_a_token_grants_nobody_more_than_it_has(acme: Organization, shop: Project, bob: Any) -> None:
    token = a_token(Role.ADMIN, shop)

    services.set_role(shop, user=bob, role=Role.ADMIN, actor=token)
    with pytest.raises(NotAllowed):
        services.set_role(shop, user=bob, role=Role.OWNER, actor=token)
    with pytest.raises(NotAllowed):
        services.set_role(acme, user=bob, role=Role.VIEWER, actor=token)


def test_the_keys_of_applications_have_no_say(production: Environment, system: Actor) -> None:
    api_key, _ = services.create_api_key(kind="server", scope=production, name="web", actor=system)

    with pytest.raises(NotAllowed):
        services.create_api_key(kind="client", scope=production, name="more", actor=Actor.of_api_key(api_key))
