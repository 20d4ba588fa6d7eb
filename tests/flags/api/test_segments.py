"""Segments by the API."""

import pytest

from flags.models import Segment
from tenants.models import Environment
from tests.tenants.api.conftest import SHOP, Caller, paths_of, problem_of

pytestmark = pytest.mark.django_db

STAFF = f"{SHOP}/segments/staff"


@pytest.fixture(autouse=True)
def _shop(development: Environment) -> None:
    """Every test has the shop."""


def test_a_segment_is_made_changed_and_listed(program: Caller) -> None:
    made = program.post(f"{SHOP}/segments/", {"key": "staff", "included": ["u1"]})
    changed = program.patch(STAFF, {"excluded": ["u2"]}, if_match=1)

    assert (made.status_code, made["Location"]) == (201, STAFF)
    assert (changed["ETag"], changed.json()["included"]) == ('"2"', ["u1"])
    assert program.get(f"{SHOP}/segments/").json()["results"] == [program.get(STAFF).json()]


def test_a_put_empties_what_it_leaves_out(program: Caller) -> None:
    program.put(STAFF, {"included": ["u1"], "name": "Staff"})

    answer = program.put(STAFF, {"excluded": ["u2"]})

    assert (answer.json()["included"], answer.json()["name"]) == ([], "Staff")


def test_a_stale_version_is_a_conflict(program: Caller) -> None:
    program.put(STAFF, {"included": ["u1"]})
    program.put(STAFF, {"included": ["u2"]})

    problem_of(program.put(STAFF, {"included": ["u3"]}, if_match=1), 409, "version-conflict")
    problem_of(program.patch(STAFF, {"included": ["u3"]}, if_match=1), 409, "version-conflict")
    problem_of(program.delete(STAFF, if_match=1), 409, "version-conflict")
    assert program.get(STAFF).json()["included"] == ["u2"]


def test_a_segment_in_use_stays(program: Caller) -> None:
    program.put(STAFF, {})
    program.put(f"{SHOP}/segments/all", {"rules": [{"segment": "staff"}]})

    problem_of(program.delete(STAFF), 409, "conflict")


def test_a_deleted_segment_comes_back(program: Caller) -> None:
    program.put(STAFF, {"included": ["u1"]})

    assert program.delete(STAFF).status_code == 204
    problem_of(program.get(STAFF), 404)
    assert program.post(f"{STAFF}/undelete").json()["included"] == ["u1"]


def test_a_fault_is_named_by_its_path(program: Caller) -> None:
    assert paths_of(problem_of(program.put(STAFF, {"rules": [{"any": []}]}), 400)) == ["rules[0].any"]
    assert not Segment.objects.exists()
