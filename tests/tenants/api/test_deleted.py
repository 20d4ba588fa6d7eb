"""What was deleted, by the API: listed, ended for ever with its key once more, and watched while it goes."""

from typing import Any

import pytest

from flags import services as flag_services
from flags.models import Flag
from tenants import purging, services
from tenants.actors import Actor
from tenants.models import Organization, Project, Purge, PurgeStage, User
from tenants.permissions import actor_of
from tenants.roles import Role
from tests.tenants.api.conftest import ACME, Caller, paths_of, person, problem_of, token_of

pytestmark = pytest.mark.django_db
DELETED, PURGES = f"{ACME}/deleted/", f"{ACME}/purges/"


@pytest.fixture
def checkout(shop: Project, as_ada: Actor) -> Flag:
    """A deleted flag."""
    flag: Flag = flag_services.create_flag(shop, {"key": "checkout", "name": "Checkout"}, actor=as_ada).thing
    flag_services.delete_flag(flag, actor=as_ada)
    return flag


@pytest.fixture
def owner(alice: User, acme: Organization) -> Caller:
    return person(alice)


def test_what_was_deleted_is_listed_with_until_when_it_can_come_back(checkout: Flag, program: Caller) -> None:
    (told,) = program.get(DELETED).json()["results"]

    deleted_at, until = told.pop("deleted_at"), told.pop("until")
    assert told == {
        "id": checkout.id,
        "kind": "flag",
        "key": "checkout",
        "name": "Checkout",
        "project": "shop",
        "deleted_by": "Ada",
    }
    assert deleted_at < until


def test_only_what_one_may_bring_back_is_listed(checkout: Flag, bob: User, acme: Organization, system: Actor) -> None:
    admin_of_nothing = services.create_api_key(kind="token", scope=acme, name="ci", role=Role.MEMBER, actor=system)[1]

    for caller in (person(bob), token_of(admin_of_nothing)):
        assert caller.get(DELETED).json() == {"results": []}
        problem_of(caller.post(f"{DELETED}{checkout.id}/purge", {"confirm": "checkout"}), 404)


def test_an_owner_ends_a_flag_and_watches_it_go(checkout: Flag, owner: Caller) -> None:
    answer = owner.post(f"{DELETED}{checkout.id}/purge", {"confirm": "checkout", "comment": "a mistake"})

    assert answer.status_code == 202
    assert (answer.json()["kind"], answer.json()["finished_at"]) == ("flag", None)
    assert owner.get(DELETED).json() == {"results": []}
    purging.work()
    (told,) = owner.get(PURGES).json()["results"]
    assert told["finished_at"]
    stages = {stage["name"]: stage for stage in told["stages"]}
    assert {name: bool(stage["done_at"]) for name, stage in stages.items()} == dict.fromkeys(
        ("telemetry", "flags", "itself"), True
    )
    assert sum(stages["flags"]["removed"].values()) == 2


@pytest.mark.parametrize(
    ("body", "path"),
    [({}, "confirm"), ({"confirm": "Checkout"}, "confirm"), ({"confirm": "checkout", "now": 1}, "now")],
)
def test_without_its_key_nothing_ends(body: Any, path: str, checkout: Flag, owner: Caller) -> None:
    assert paths_of(problem_of(owner.post(f"{DELETED}{checkout.id}/purge", body), 400, "invalid")) == [path]
    assert not Purge.with_deleted.exists()


def test_an_admin_ends_nothing(checkout: Flag, program: Caller) -> None:
    problem_of(program.post(f"{DELETED}{checkout.id}/purge", {"confirm": "checkout"}), 403, "not-allowed")


def test_an_organization_is_ended_once_it_is_deleted(acme: Organization, alice: User, owner: Caller) -> None:
    problem_of(owner.post(f"{ACME}/purge", {"confirm": "acme"}), 404)
    services.delete_organization(acme, actor=actor_of(alice))

    answer = owner.post(f"{ACME}/purge", {"confirm": "acme"})

    assert answer.status_code == 202
    assert [stage["name"] for stage in answer.json()["stages"]][-1] == "itself"
    problem_of(owner.post(f"{ACME}/undelete"), 409, "conflict")


def test_what_goes_for_ever_does_not_come_back(checkout: Flag, owner: Caller) -> None:
    owner.post(f"{DELETED}{checkout.id}/purge", {"confirm": "checkout"})

    told = problem_of(owner.post(f"{ACME}/projects/shop/flags/checkout/undelete"), 409, "conflict")

    assert told["detail"] == "checkout is being purged and cannot be brought back."


@pytest.fixture
def failed(checkout: Flag, alice: User) -> Purge:
    purge = services.purge_now(checkout, confirm="checkout", actor=actor_of(alice))
    far = purge.begun_at.replace(year=purge.begun_at.year + 1)
    PurgeStage.with_deleted.filter(purge=purge, position=0).update(attempts=3, last_error="Boom", not_before=far)
    return purge


def test_what_failed_is_told_and_tried_again(failed: Purge, owner: Caller) -> None:
    stage, *_ = owner.get(PURGES).json()["results"][0]["stages"]
    assert (stage["attempts"], stage["last_error"]) == (3, "Boom")

    answer = owner.post(f"{PURGES}{failed.id}/retry", {"comment": "now"})

    assert answer.json()["stages"][0]["not_before"] is None
    purging.work()
    assert not Flag.with_deleted.exists()


def test_an_admin_tries_nothing_again(failed: Purge, program: Caller) -> None:
    problem_of(program.post(f"{PURGES}{failed.id}/retry"), 403, "not-allowed")


def test_the_retention_is_set_by_an_owner(owner: Caller, program: Caller) -> None:
    assert owner.patch(ACME, {"retention_days": 7}).json()["retention_days"] == 7
    assert owner.put(ACME, owner.get(ACME).json()).status_code == 200
    problem_of(program.patch(ACME, {"retention_days": 8}), 403, "not-allowed")
    assert paths_of(problem_of(owner.patch(ACME, {"retention_days": 0}), 400)) == ["retention_days"]
    assert owner.patch(ACME, {"audit_days": 90}).json()["audit_days"] == 90
    assert paths_of(problem_of(owner.patch(ACME, {"audit_days": 1}), 400)) == ["audit_days"]
