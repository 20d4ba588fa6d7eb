"""One project out as a file and in again, elsewhere: everybody gets there what they got here."""

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from evaluation.manifest.build import rules_of
from flags import services
from flags.carrying import bring_into, exported, take_in
from flags.models import Flag
from tenants.actors import Actor
from tenants.models import ApiKey, AuditEvent, Environment, Organization, Project
from tenants.permissions import NotAllowed
from tenants.problems import Conflict, Invalid

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()


@pytest.fixture
def document(shop: Project, development: Environment, production: Environment) -> dict[str, Any]:
    """Segments and flags that name those behind them, and a split whose buckets moved."""
    services.create_segment(shop, {"key": "b-all", "included": ["u1"]}, actor=SYSTEM)
    asks = [{"segment": "b-all"}]
    services.create_segment(shop, {"key": "a-some", "rules": asks}, actor=SYSTEM)
    flag: Flag = services.create_flag(shop, {"key": "checkout", "tags": ["web"]}, actor=SYSTEM).thing
    services.create_flag(shop, {"key": "parent"}, actor=SYSTEM)
    for weights in ({"on": 30, "off": 70}, {"on": 60, "off": 40}, {"on": 45, "off": 55}):
        state = {
            "enabled": True,
            "prerequisites": {"flag": "parent", "variants": ["off"]},
            "rules": [{"if": {"segment": "a-some"}, "serve": {"variant": "on"}}],
            "fallthrough": {"split": {"weights": weights}},
        }
        services.put_config(flag, production, state, actor=SYSTEM)
    return dict(json.loads(json.dumps(exported(shop, actor=SYSTEM))))


def test_it_serves_elsewhere_exactly_what_it_served(
    document: dict[str, Any], globex: Organization, production: Environment
) -> None:
    take_in(globex, document, key="market", actor=SYSTEM)

    there = Environment.objects.get(project__organization=globex, project__key="market", key="production")
    assert there.is_protected
    here, copied = rules_of(production), rules_of(there)
    assert [json.loads(copied.segments), _without_versions(copied.flags)] == [
        json.loads(here.segments) | _versions_of(json.loads(copied.segments), json.loads(here.segments)),
        _without_versions(here.flags),
    ]
    assert exported(there.project, actor=SYSTEM) | {"project": document["project"]} == document
    assert not ApiKey.objects.filter(organization=globex).exists()


def _without_versions(flags: bytes) -> Any:
    return {
        key: {name: value for name, value in flag.items() if name != "version"}
        for key, flag in json.loads(flags).items()
    }


def _versions_of(copied: Any, here: Any) -> Any:
    return {key: here[key] | {"version": copied[key]["version"]} for key in here if "version" in copied[key]}


def test_a_trial_and_what_is_refused_leave_nothing(
    document: dict[str, Any], acme: Organization, globex: Organization
) -> None:
    take_in(globex, document, actor=SYSTEM, dry_run=True)
    with pytest.raises(Conflict, match='acme has a project "shop" already'):
        take_in(acme, document, actor=SYSTEM)
    document["flags"][0]["states"]["production"]["fallthrough"] = {"variant": "purple"}
    with pytest.raises(Invalid, match=r"flags\[0\]\.states\.production\.fallthrough"):
        take_in(globex, document, actor=SYSTEM)
    with pytest.raises(Invalid, match="format: this is no file of a project"):
        take_in(globex, {"flags": []}, actor=SYSTEM)

    assert not Project.with_deleted.filter(organization=globex).exists()


def test_what_is_there_is_changed_and_what_is_not_is_made(
    document: dict[str, Any], shop: Project, production: Environment
) -> None:
    services.edit_flag(Flag.objects.get(key="checkout"), {"name": "Other", "tags": []}, actor=SYSTEM)
    services.create_flag(shop, {"key": "of-its-own"}, actor=SYSTEM)
    document["environments"].append({"key": "staging", "name": "Staging"})
    document["flags"].append({"key": "new", "states": {"staging": {"enabled": True}}})

    tried = bring_into(shop, document, actor=SYSTEM, dry_run=True).document()
    assert not Flag.objects.filter(key="new").exists()
    assert not AuditEvent.objects.filter(verb="project.imported").exists()

    assert bring_into(shop, document, actor=SYSTEM, comment="From Git").document() == tried
    assert tried == {
        "environments": {"made": 1, "changed": 0, "left": 2},
        "segments": {"made": 0, "changed": 0, "left": 2},
        "flags": {"made": 1, "changed": 1, "left": 1},
        "states": {"made": 1, "changed": 0, "left": 1},
    }
    assert Flag.objects.get(key="checkout").tags == ["web"]
    assert AuditEvent.objects.get(verb="project.imported").comment == "From Git"
    assert bring_into(shop, exported(shop, actor=SYSTEM), actor=SYSTEM).is_nothing
    assert AuditEvent.objects.filter(verb="project.imported").count() == 1


@pytest.mark.parametrize(
    ("place", "change"),
    [
        ("environments[1].is_protected: must be true or false", {"is_protected": "no"}),
        ("environments[1].actor: unknown member", {"actor": "system"}),
        ('environments[1].key: "development" is there twice', {"key": "development"}),
    ],
)
def test_a_bad_environment_is_named(
    document: dict[str, Any], shop: Project, place: str, change: dict[str, Any]
) -> None:
    document["environments"][1] |= change

    with pytest.raises(Invalid, match=re.escape(place)):
        bring_into(shop, document, actor=SYSTEM)


def test_an_outsider_neither_takes_out_nor_puts_in(
    document: dict[str, Any], shop: Project, acme: Organization, as_charlie: Actor
) -> None:
    for refused in (
        lambda: exported(shop, actor=as_charlie),
        lambda: take_in(acme, document, key="x", actor=as_charlie),
        lambda: bring_into(shop, document, actor=as_charlie),
    ):
        with pytest.raises(NotAllowed):
            refused()


def test_by_commands(document: dict[str, Any], globex: Organization, tmp_path: Path) -> None:
    told = StringIO()
    call_command("export_project", "acme/shop", stdout=told)
    (tmp_path / "shop.json").write_text(told.getvalue())

    call_command("import_project", "globex", str(tmp_path / "shop.json"), "--dry-run", stdout=told)
    call_command("import_project", "globex", str(tmp_path / "shop.json"), stdout=told)

    assert "Imported 2 environments, 2 segments, 2 flags with 1 state." in told.getvalue()
    call_command("import_project", "globex", str(tmp_path / "shop.json"), "--into", "shop", stdout=told)
    assert "0 flags (2 as they were) with 0 states (1 as they were)" in told.getvalue()
    with pytest.raises(CommandError, match="choose another key"):
        call_command("import_project", "globex", str(tmp_path / "shop.json"), stdout=told)
