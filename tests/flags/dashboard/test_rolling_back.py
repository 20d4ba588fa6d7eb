"""Rolling back from the pages: the difference is shown, and asked about."""

import pytest

from flags import services
from flags.models import Flag
from tenants import services as tenants_services
from tenants.actors import Actor
from tenants.models import Environment, Project, User
from tests.conftest import Browser
from tests.tenants.dashboard.conftest import SHOP

pytestmark = pytest.mark.django_db
# Where the versions are listed, and where one is asked about.
PAGES = {
    "flag": (f"{SHOP}flags/checkout/settings/", f"{SHOP}flags/checkout/roll-back/"),
    "segment": (f"{SHOP}segments/staff/", f"{SHOP}segments/staff/roll-back/"),
    "project": (f"{SHOP}history/", f"{SHOP}roll-back/"),
    "environment": (f"{SHOP}environments/development/history/", f"{SHOP}environments/development/roll-back/"),
}
EACH = pytest.mark.parametrize(("listing", "door"), PAGES.values(), ids=PAGES)


@pytest.fixture(autouse=True)
def second_versions(checkout: Flag, shop: Project, development: Environment, system: Actor) -> None:
    services.edit_flag(checkout, {"name": "Second"}, actor=system)
    staff = services.create_segment(shop, {"key": "staff"}, actor=system).thing
    services.edit_segment(staff, {"name": "Second"}, actor=system)
    tenants_services.edit_project(shop, name="Second", actor=system)
    tenants_services.edit_environment(development, name="Second", actor=system)


@EACH
def test_the_difference_is_shown_and_then_it_is_done(listing: str, door: str, browser: Browser, ada: User) -> None:
    client = browser(ada)
    assert f'href="{door}?to_version=1"' in client.get(listing).content.decode()

    asked = client.get(f"{door}?to_version=1")
    assert ("name", "Second") in [(change.path, change.before) for change in asked.context["changes"]]
    assert asked.context["thing"].name == "Second"
    version = asked.context["form"].initial["version"] or ""
    done = client.post(f"{door}?to_version=1", {"version": version, "comment": "Too nice"}, follow=True)

    assert "is as it was in version 1" in done.content.decode()
    entry = client.get(listing).context["entries"][0]
    assert (entry.version, entry.why) == (3, "Too nice")


@EACH
def test_a_viewer_is_offered_nothing_and_may_not(listing: str, door: str, browser: Browser, vera: User) -> None:
    client = browser(vera)

    assert "roll-back" not in client.get(listing).content.decode()
    assert client.get(f"{door}?to_version=1").status_code == 403
    assert client.post(f"{door}?to_version=1").status_code == 403


@EACH
@pytest.mark.parametrize("query", ["", "?to_version=9", "?to_version=x", "?to_version=-1"])
def test_a_version_that_is_not_there_is_not_found(
    query: str, listing: str, door: str, browser: Browser, ada: User
) -> None:
    assert browser(ada).get(f"{door}{query}").status_code == 404


def test_whoever_looked_before_somebody_saved_is_told_so(
    browser: Browser, ada: User, checkout: Flag, system: Actor
) -> None:
    _, door = PAGES["flag"]
    services.edit_flag(checkout, {"name": "Third"}, actor=system)

    answer = browser(ada).post(f"{door}?to_version=1", {"version": "2"})

    assert (answer.status_code, "You edited version 2" in answer.content.decode()) == (422, True)
