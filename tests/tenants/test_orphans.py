"""Whatever is left of what is gone is named, row by row, by a checker that finds new tables by itself."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command

from flags import services as flag_services
from flags.models import Flag, FlagConfig
from tenants import services
from tenants.actors import Actor
from tenants.models import AuditHead, CustomRole, Environment, Organization, Project, Team, User
from tenants.orphans import orphans
from tenants.permissions import grant
from tenants.roles import Role
from tests.contracts.test_every_model_is_walled import acme_has_everything  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("acme_has_everything")
def test_where_nothing_is_gone_there_is_no_orphan(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("orphans")

    assert capsys.readouterr().out == "No orphans.\n"


def without_its_flag(shop: Project, production: Environment) -> set[str]:
    flag = flag_services.create_flag(shop, {"key": "checkout"}, actor=Actor.system()).thing
    flag_services.toggle_flag(flag, production, enabled=True, actor=Actor.system())
    FlagConfig.with_deleted.all()._raw_delete("default")
    Flag.with_deleted.all()._raw_delete("default")
    return {"flags.HistoricalFlag", "flags.HistoricalFlagConfig"}


def role_on_nothing(shop: Project, production: Environment) -> set[str]:
    grant(User.objects.get(name="Alice"), Role.ADMIN, Environment(id="01ARZ3NDEKTSV4RRFFQ69G5FAV"))
    return {"guardian.UserObjectPermission"}


def group_without_team(shop: Project, production: Environment) -> set[str]:
    services.create_team(shop.organization, key="web", name="Web", actor=Actor.system())
    Team.objects.all()._raw_delete("default")
    assert Group.objects.exists()
    return {"auth.Group"}


def permission_without_role(shop: Project, production: Environment) -> set[str]:
    services.create_role(shop.organization, key="own", name="Own", verbs=[], actor=Actor.system())
    CustomRole.objects.all()._raw_delete("default")
    return {"auth.Permission"}


def chain_of_nobody(shop: Project, production: Environment) -> set[str]:
    AuditHead.objects.create(chain="01ARZ3NDEKTSV4RRFFQ69G5FAV")
    return {"tenants.AuditHead"}


@pytest.mark.parametrize(
    "plant", [without_its_flag, role_on_nothing, group_without_team, permission_without_role, chain_of_nobody]
)
def test_each_kind_of_orphan_is_named(
    plant: Callable[[Project, Environment], set[str]], shop: Project, production: Environment
) -> None:
    expected = plant(shop, production)

    assert {orphan.table for orphan in orphans()} == expected


def test_the_command_names_them_and_fails(acme: Organization, capsys: pytest.CaptureFixture[str]) -> None:
    AuditHead.objects.create(chain="01ARZ3NDEKTSV4RRFFQ69G5FAV")

    with pytest.raises(CommandError, match="1 rows are orphans"):
        call_command("orphans")
    assert capsys.readouterr().out == (
        "tenants.AuditHead 01ARZ3NDEKTSV4RRFFQ69G5FAV: there is no tenants.Organization 01ARZ3NDEKTSV4RRFFQ69G5FAV\n"
    )
    with pytest.raises(CommandError):
        call_command("orphans", json=True)
    assert json.loads(capsys.readouterr().out) == {
        "table": "tenants.AuditHead",
        "id": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "parent": "tenants.Organization",
        "parent_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    }


def test_history_of_what_was_removed_by_hand_is_no_orphan(acme: Organization, vera: User, as_ada: Actor) -> None:
    services.remove_member(acme, user=vera, actor=as_ada)

    assert list(orphans()) == []


def test_the_roles_that_django_made_are_no_orphans(acme: Organization) -> None:
    kind: Any = ContentType.objects.get_for_model(Organization)

    assert Permission.objects.filter(content_type=kind, codename="role_owner").exists()
    assert list(orphans()) == []
