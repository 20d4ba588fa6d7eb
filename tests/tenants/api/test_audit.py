"""The audit log at the management API: filtered, exported, verified, signed."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flags.services import create_flag, put_config
from tenants import realm, services
from tenants.actors import Actor
from tenants.audit import reading
from tenants.chain import verify
from tenants.models import AuditEvent, AuditHead, Environment, Organization, Project, User
from tenants.roles import Role
from tests.tenants.api.conftest import ACME, Caller, person, problem_of

pytestmark = pytest.mark.django_db
AUDIT = f"{ACME}/audit/"
EXPORT = f"{ACME}/audit/export"


@pytest.fixture(autouse=True)
def a_busy_day(as_ada: Actor, shop: Project, production: Environment, program: Caller) -> None:
    services.edit_project(shop, name="Store", actor=as_ada, comment="Rebranding")
    flag = create_flag(shop, {"key": "checkout"}, actor=as_ada).thing
    put_config(flag, production, {"enabled": True}, actor=as_ada)


def exported(caller: Caller, **query: str) -> list[dict[str, Any]]:
    answer = caller.get(EXPORT, **query)
    assert answer.status_code == 200
    return [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]


@pytest.mark.parametrize(
    ("query", "verbs"),
    [
        ({"verb": "flag.created"}, ["flag.created"]),
        ({"verb": "flag"}, ["flag.created", "flag.configured"]),
        ({"who": "ADA", "verb": "project"}, ["project.edited"]),
        ({"thing": "CHECK"}, ["flag.created", "flag.configured"]),
        ({"text": "rebrand"}, ["project.edited"]),
        ({"object": "checkout", "object_type": "flag"}, ["flag.created"]),
        ({"project": "shop", "environment": "production"}, ["environment.created", "flag.configured"]),
        ({"since": "2100-01-01"}, []),
        ({"until": "2020-01-01T00:00:00Z"}, []),
        (
            {"since": "2020-01-01", "until": "2100-01-01T00:00:00", "verb": "flag.configured", "who": ""},
            ["flag.configured"],
        ),
    ],
)
def test_filters_narrow_list_and_export_alike(query: dict[str, str], verbs: list[str], program: Caller) -> None:
    listed = program.get(AUDIT, **query).json()["results"]

    assert [one["verb"] for one in listed][::-1] == verbs
    assert [one["verb"] for one in exported(program, **query)] == verbs


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"since": "yesterday"}, "since"),
        ({"until": "2026-13-01"}, "until"),
        ({"environment": "production"}, "project"),
        ({"project": "nowhere"}, "project"),
        ({"format": "xlsx"}, "format"),
        ({"nonsense": "1"}, "nonsense"),
    ],
)
def test_a_question_without_sense_is_told_so(query: dict[str, str], path: str, program: Caller) -> None:
    document = problem_of(program.get(EXPORT, **query), 400)

    assert [fault["path"] for fault in document["errors"]] == [path]


def test_the_export_of_all_is_verified_without_a_server(
    program: Caller, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """As docs/audit.md has it."""
    signed = program.post(f"{ACME}/audit/checkpoints/")
    assert signed.status_code == 201
    answers = {
        "export": b"".join(program.get(EXPORT).streaming_content),
        "keys": program.get(f"{ACME}/audit/keys").content,
        "checkpoints": program.get(f"{ACME}/audit/checkpoints/").content,
    }
    for name, content in answers.items():
        (tmp_path / name).write_bytes(content)
    files = [str(tmp_path / name) for name in ("export", "keys", "checkpoints")]

    code = verify.main([files[0], "--keys", files[1], "--checkpoints", files[2], "--json"])

    report = json.loads(capsys.readouterr().out)
    assert (code, report["intact"], report["signed"]) == (0, True, signed.json()["position"])


def test_it_comes_as_csv_too(program: Caller) -> None:
    answer = program.get(EXPORT, format="csv", verb="flag.created")

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="acme-audit.csv"'
    heading, row = b"".join(answer.streaming_content).decode().splitlines()
    assert heading.startswith("position,at,actor_kind")
    assert ",flag.created,flag," in row


def test_no_more_than_a_few_entries_lie_in_memory(
    program: Caller, acme: Organization, system: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "AT_ONCE", 2)
    count = AuditEvent.objects.filter(organization=acme).count()
    answer = program.get(EXPORT)
    lines = iter(answer.streaming_content)

    with CaptureQueriesContext(connection) as captured:
        next(lines), next(lines)

    assert len(captured) == 1
    assert len(list(lines)) == count - 2


def test_the_chain_is_verified(program: Caller, acme: Organization) -> None:
    whole = program.get(f"{ACME}/audit/verification").json()
    AuditEvent.objects.filter(organization=acme, position=3).update(verb="project.seen")
    broken = program.get(f"{ACME}/audit/verification").json()

    assert (whole["intact"], whole["findings"]) == (True, [])
    assert [(one["kind"], one["first"]) for one in broken["findings"]] == [("edited", 3)]


def test_a_forged_end_is_not_signed(program: Caller, acme: Organization) -> None:
    AuditHead.objects.filter(chain=acme.id).update(position=4)

    document = problem_of(program.post(f"{ACME}/audit/checkpoints/"), 409)

    assert "its mark was not made with the key of this installation" in document["detail"]
    assert program.get(f"{ACME}/audit/checkpoints/").json()["results"] == []


DOORS = ("export", "verification", "checkpoints/", "keys")


@pytest.mark.parametrize("door", DOORS)
def test_a_viewer_may_not(door: str, vera: User) -> None:
    problem_of(person(vera).get(f"{ACME}/audit/{door}"), 403)


def test_a_viewer_signs_nothing(vera: User) -> None:
    problem_of(person(vera).post(f"{ACME}/audit/checkpoints/"), 403)


@pytest.mark.parametrize("door", DOORS)
def test_an_outsider_does_not_even_hear_that_it_is_there(door: str, charlie: User, globex: Organization) -> None:
    problem_of(person(charlie).get(f"{ACME}/audit/{door}"), 404)


def test_a_member_of_one_environment_exports_what_was_done_there(
    charlie: User, acme: Organization, production: Environment, system: Actor
) -> None:
    services.add_member(acme, user=charlie, role=Role.MEMBER, scope=production, actor=system)
    caller = person(charlie)

    there = exported(caller, project="shop", environment="production")

    assert {one["environment"] for one in there} == {production.id}
    problem_of(caller.get(EXPORT), 403)
    problem_of(caller.get(f"{ACME}/audit/verification"), 403)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_what_is_read_after_the_request_is_walled_like_the_request(program: Caller, acme: Organization) -> None:
    """A long answer is read when the middleware is left; the second wall must show it the same rows."""
    with realm.within(realm.NOTHING):
        answer = program.get(EXPORT)
        lines = list(answer.streaming_content)

    assert len(lines) == AuditEvent.objects.filter(organization=acme).count()
