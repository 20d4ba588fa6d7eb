"""Rotation: a successor that may the same, and an old key that works on until the overlap is over."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tenants import services
from tenants.actors import Actor
from tenants.keys import sha256_of
from tenants.models import ApiKey, AuditEvent, Environment, Organization, OutboxEvent, Project
from tenants.permissions import NotAllowed
from tenants.problems import Conflict, Invalid
from tenants.roles import Role

A_DAY = timedelta(days=1)


@pytest.fixture
def api_key(as_ada: Actor, production: Environment) -> ApiKey:
    return services.create_api_key(
        kind="client", scope=production, name="web", origins=["https://a.example"], limits={"streams": 7}, actor=as_ada
    )[0]


def test_a_successor_may_what_the_key_may(api_key: ApiKey, as_ada: Actor) -> None:
    successor, secret = services.rotate_api_key(api_key, overlap=A_DAY, actor=as_ada)

    same = ("kind", "name", "role", "scopes", "origins", "limits")
    assert [getattr(successor, name) for name in same] == [getattr(api_key, name) for name in same]
    assert (successor.sha256, successor.readable, successor.replaces) == (sha256_of(secret), secret, api_key)
    assert successor.expires_at is None


def test_both_work_until_the_overlap_is_over(api_key: ApiKey, as_ada: Actor) -> None:
    successor, _ = services.rotate_api_key(api_key, overlap=A_DAY, actor=as_ada)

    api_key.refresh_from_db()
    assert api_key.expires_at is not None
    assert timedelta(0) < timezone.now() + A_DAY - api_key.expires_at < timedelta(minutes=1)
    assert set(ApiKey.objects.usable()) == {api_key, successor}


def test_without_an_overlap_the_old_key_ends_now(api_key: ApiKey, as_ada: Actor) -> None:
    successor, _ = services.rotate_api_key(api_key, overlap=timedelta(0), actor=as_ada)

    assert list(ApiKey.objects.usable()) == [successor]


def test_an_overlap_gives_no_key_more_time_than_it_had(as_ada: Actor, production: Environment) -> None:
    soon = timezone.now() + timedelta(hours=1)
    api_key, _ = services.create_api_key(kind="server", scope=production, name="web", expires_at=soon, actor=as_ada)

    successor, _ = services.rotate_api_key(api_key, overlap=A_DAY, actor=as_ada)

    api_key.refresh_from_db()
    assert api_key.expires_at == soon
    assert successor.expires_at is not None
    assert successor.expires_at - successor.created_at > timedelta(minutes=59)
    assert successor.readable == ""


def test_the_audit_says_which_key_took_whose_place(api_key: ApiKey, as_ada: Actor, production: Environment) -> None:
    successor, secret = services.rotate_api_key(api_key, overlap=A_DAY, actor=as_ada, comment="Each quarter")

    told = AuditEvent.objects.get(verb="api_key.rotated")
    made = AuditEvent.objects.filter(verb="api_key.created", object_id=successor.id).get()
    assert (told.object_id, told.after["replaced_by"], told.comment) == (api_key.id, successor.prefix, "Each quarter")
    assert (told.before["expires_at"], made.after["replaces"]) == (None, api_key.prefix)
    assert secret not in str(told.after) + str(made.after)
    assert OutboxEvent.objects.get(topic="api_key.rotated").environment == production


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=91)])
def test_an_overlap_is_no_less_than_nothing_and_no_more_than_a_quarter(
    overlap: timedelta, api_key: ApiKey, as_ada: Actor
) -> None:
    with pytest.raises(Invalid, match="to 90 days"):
        services.rotate_api_key(api_key, overlap=overlap, actor=as_ada)


def test_a_key_that_is_over_is_not_rotated(api_key: ApiKey, as_ada: Actor, production: Environment) -> None:
    other, _ = services.create_api_key(kind="server", scope=production, name="web", actor=as_ada)
    services.revoke_api_key(api_key, actor=as_ada)
    ApiKey.objects.filter(pk=other.pk).update(expires_at=timezone.now())

    for old, why in ((api_key, "was revoked"), (other, "has expired")):
        with pytest.raises(Conflict, match=why):
            services.rotate_api_key(old, overlap=A_DAY, actor=as_ada)


def test_a_key_has_one_successor_at_a_time(api_key: ApiKey, as_ada: Actor) -> None:
    first, _ = services.rotate_api_key(api_key, overlap=A_DAY, actor=as_ada)

    with pytest.raises(Conflict, match=f"successor already: {first.prefix}"):
        services.rotate_api_key(api_key, overlap=A_DAY, actor=as_ada)
    services.revoke_api_key(first, actor=as_ada)
    services.rotate_api_key(api_key, overlap=A_DAY, actor=as_ada)


def test_an_admin_gets_no_owner_token_by_rotating_one(acme: Organization, as_alice: Actor, as_ada: Actor) -> None:
    token, _ = services.create_api_key(kind="token", scope=acme, name="boss", role=Role.OWNER, actor=as_alice)

    with pytest.raises(NotAllowed, match="owner is above their own"):
        services.rotate_api_key(token, overlap=A_DAY, actor=as_ada)
    assert services.rotate_api_key(token, overlap=A_DAY, actor=as_alice)[0].role == Role.OWNER


def test_nobody_of_an_organization_rotates_a_key_of_the_instance(shop: Project, as_alice: Actor, system: Actor) -> None:
    api_key, _ = services.create_api_key(kind="relay", scope=None, name="relay", actor=system)

    with pytest.raises(NotAllowed, match="whole instance"):
        services.rotate_api_key(api_key, overlap=A_DAY, actor=as_alice)
    assert services.rotate_api_key(api_key, overlap=A_DAY, actor=system)[0].scopes == ()
