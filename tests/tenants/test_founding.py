"""An organization from nothing: owned, with a project, environments and client keys."""

import pytest

from tenants import services
from tenants.actors import Actor
from tenants.models import ApiKey, AuditEvent, Environment, Organization, Project, User
from tenants.permissions import NotAllowed, actor_of, allowed
from tenants.problems import Conflict, Invalid

FIRST = {"slug": "initech", "name": "Initech", "project_key": "tps", "project_name": "TPS reports"}


def test_founding_makes_all_that_work_begins_with(charlie: User) -> None:
    project = services.found_organization(**FIRST, founder=charlie, actor=actor_of(charlie))

    environments = Environment.objects.filter(project=project)
    assert allowed(actor_of(charlie), "organization.delete", project.organization)
    assert [(one.key, one.color, one.is_protected) for one in environments] == [
        ("development", "lake", False),
        ("staging", "violet", False),
        ("production", "ember", True),
    ]
    assert all(ApiKey.objects.get(environment=one, kind="client").readable for one in environments)


def test_the_founder_stands_in_the_audit(charlie: User) -> None:
    services.found_organization(**FIRST, founder=charlie, actor=actor_of(charlie), comment="Moving in")

    assert set(AuditEvent.objects.exclude(chain="instance").values_list("actor_name", flat=True)) == {"Charlie"}
    assert AuditEvent.objects.get(verb="organization.created").comment == "Moving in"


def test_every_fault_is_named_at_once(charlie: User) -> None:
    given = {"slug": "No", "name": "", "project_key": "-", "project_name": "a\0b"}

    with pytest.raises(Invalid) as caught:
        services.found_organization(**given, founder=charlie, actor=actor_of(charlie))

    assert {fault.path for fault in caught.value.faults} == set(given)


def test_a_taken_slug_founds_nothing(charlie: User, acme: Organization) -> None:
    with pytest.raises(Conflict, match="exists already"):
        services.found_organization(**(FIRST | {"slug": "acme"}), founder=charlie, actor=actor_of(charlie))

    assert not Project.objects.exists()


def test_nobody_founds_for_somebody_else(charlie: User, alice: User) -> None:
    with pytest.raises(NotAllowed):
        services.found_organization(**FIRST, founder=alice, actor=actor_of(charlie))


def test_a_member_sets_up_no_project(as_bob: Actor, acme: Organization) -> None:
    with pytest.raises(NotAllowed):
        services.set_up_project(acme, key="shop", name="Shop", actor=as_bob)
