"""Versions at the management API: listed, and rolled back to."""

import pytest

from flags import services
from flags.models import Flag
from tenants import services as tenants_services
from tenants.actors import Actor
from tenants.models import Environment, Project, User
from tests.tenants.api.conftest import SHOP, Caller, person, problem_of

pytestmark = pytest.mark.django_db
FLAG = f"{SHOP}/flags/checkout"
PLACES = {
    "flag": FLAG,
    "segment": f"{SHOP}/segments/staff",
    "project": SHOP,
    "environment": f"{SHOP}/environments/development",
}


@pytest.fixture(autouse=True)
def second_versions(checkout: Flag, shop: Project, development: Environment, system: Actor) -> None:
    """Everything was renamed once."""
    services.edit_flag(checkout, {"name": "Second"}, actor=system, comment="Nicer")
    staff = services.create_segment(shop, {"key": "staff", "name": "First"}, actor=system).thing
    services.edit_segment(staff, {"name": "Second"}, actor=system)
    tenants_services.edit_project(shop, name="Second", actor=system)
    tenants_services.edit_environment(development, name="Second", actor=system)
    services.toggle_flag(checkout, development, enabled=True, actor=system)


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_an_earlier_version_becomes_the_newest(place: str, program: Caller) -> None:
    first = program.get(f"{place}/versions/").json()["results"][-1]

    answer = program.post(f"{place}/roll-back", {"to_version": 1, "comment": "Too nice"})

    assert answer.status_code == 200, answer.content
    newest = program.get(f"{place}/versions/").json()["results"][0]
    assert (first["version"], first["what"], newest["version"], newest["comment"]) == (1, "made", 3, "Too nice")
    assert answer.json()["name"] == newest["changes"][0]["after"]
    assert newest["changes"][0]["before"] == "Second"


def test_a_state_has_versions_too(program: Caller) -> None:
    versions = program.get(f"{FLAG}/environments/development/versions/").json()["results"]

    assert [(one["version"], [change["field"] for change in one["changes"]]) for one in versions] == [
        (2, ["enabled"]),
        (1, []),
    ]


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("body", [{}, {"to_version": 0}, {"to_version": "1"}, {"to_version": 9}, {"to": 1}])
def test_nonsense_is_told(body: dict[str, object], place: str, program: Caller) -> None:
    problem_of(program.post(f"{place}/roll-back", body), 400)


def test_an_outdated_page_is_told_so(program: Caller) -> None:
    problem_of(program.post(f"{FLAG}/roll-back", {"to_version": 1}, if_match=1), 409)


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_viewer_reads_and_rolls_nothing_back(place: str, vera: User) -> None:
    caller = person(vera)

    assert caller.get(f"{place}/versions/").status_code == 200
    problem_of(caller.post(f"{place}/roll-back", {"to_version": 1}), 403)


@pytest.mark.parametrize("place", [*PLACES.values(), f"{FLAG}/environments/development"])
def test_an_outsider_sees_nothing(place: str, charlie: User) -> None:
    problem_of(person(charlie).get(f"{place}/versions/"), 404)
    problem_of(person(charlie).post(f"{place}/roll-back", {"to_version": 1}), 404)
