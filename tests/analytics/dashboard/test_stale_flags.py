"""The pages of stale flags: found, archived, brought back and kept."""

from typing import Any

import pytest
from django.test import Client

from flags import services
from flags.models import Flag
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Project, User
from tests.analytics.stale.conftest import OldFlag, Told
from tests.analytics.stale.conftest import old_flag as old_flag
from tests.analytics.stale.conftest import told as told
from tests.conftest import Browser

pytestmark = pytest.mark.django_db

SHOP = "/organizations/acme/projects/shop/"
STALE = f"{SHOP}stale-flags/"


@pytest.fixture
def as_bob_looks(browser: Browser, bob: User) -> Client:
    client: Client = browser(bob)
    return client


def archived() -> set[str]:
    return set(Flag.objects.filter(archived_at__isnull=False).values_list("key", flat=True))


def test_the_surest_first_with_numbers_and_dates(
    as_bob_looks: Client, development: Environment, told: Told, old_flag: OldFlag
) -> None:
    old_flag("asked", development, enabled=True)
    old_flag("forgotten", development, enabled=True)
    told(development, "asked", n=7)

    page = as_bob_looks.get(STALE).content.decode()

    assert page.index("forgotten") < page.index("stale-asked")
    assert "Not evaluated for 30 days in the environment that tells of evaluations." in page
    assert "Always on for 37 days, in all of 210 evaluations of the last 30 days." in page
    assert "In the last 7 days development asked 49 times and got on." in page


def test_filters(as_bob_looks: Client, bob: User, development: Environment, told: Told, old_flag: OldFlag) -> None:
    mine = old_flag("mine", development, enabled=True)
    Flag.objects.filter(pk=mine.pk).update(owner=bob, kind="experiment")
    old_flag("asked", development, enabled=True)
    told(development, "asked")

    def shown(query: str) -> list[str]:
        listing = as_bob_looks.get(f"{STALE}?{query}").context["listing"]
        return [each.flag.key for each in listing.shown]

    assert shown("") == ["mine", "asked"]
    assert shown(f"owner={bob.pk}") == shown("kind=experiment") == shown("evidence=unused") == ["mine"]
    assert shown("evidence=unvarying") == ["asked"]
    assert "No stale flag is like that" in as_bob_looks.get(f"{STALE}?kind=permission").content.decode()


def test_fifteen_on_a_page(as_bob_looks: Client, bob: User, old_flag: OldFlag) -> None:
    for number in range(16):
        old_flag(f"flag-{number:02}")
    Flag.objects.filter(key="flag-15").update(owner=bob)

    first = as_bob_looks.get(f"{STALE}?kind=release")
    second = as_bob_looks.get(f"{STALE}?kind=release&page=2")

    assert len(first.context["listing"].shown) == 15
    assert 'href="?kind=release&amp;page=2"' in first.content.decode()
    assert "1 to 15 of 16" in first.content.decode()
    assert [each.flag.key for each in second.context["listing"].shown] == ["flag-15"]


def test_nothing_is_stale(as_bob_looks: Client, shop: Project) -> None:
    assert "No flag is stale" in as_bob_looks.get(STALE).content.decode()


def test_archiving_asks_first_and_says_what_happens(
    as_bob_looks: Client, development: Environment, told: Told, old_flag: OldFlag
) -> None:
    old_flag("asked", development, enabled=True)
    told(development, "asked")

    page = as_bob_looks.post(f"{STALE}archive/", {"flag": "asked"}).content.decode()

    assert "Archive 1 flag?" in page
    assert "Archived, they get FLAG_NOT_FOUND: the default that is written in their code." in page
    assert archived() == set()


def test_several_at_once_and_undo(as_bob_looks: Client, old_flag: OldFlag) -> None:
    for key in ("one", "two", "three"):
        old_flag(key)

    chosen = {"flag": ["one", "two"], "confirmed": "yes", "comment": "spring cleaning"}
    page = as_bob_looks.post(f"{STALE}archive/", chosen, follow=True).content.decode()

    assert archived() == {"one", "two"}
    assert "2 flags are archived: one, two." in page
    assert 'form="unarchive" name="flag" value="one,two">Undo</button>' in page
    events = AuditEvent.objects.filter(verb="flag.archived")
    assert {(event.actor_name, event.comment) for event in events} == {("Bob", "spring cleaning")}

    as_bob_looks.post(f"{STALE}unarchive/", {"flag": "one,two"})
    assert archived() == set()


def test_what_is_needed_stays_and_the_others_go(
    as_bob_looks: Client, development: Environment, old_flag: OldFlag
) -> None:
    old_flag("parent", development)
    old_flag("child", development, prerequisites={"flag": "parent", "variants": ["on"]})
    old_flag("alone")

    page = as_bob_looks.post(f"{STALE}archive/", {"flag": ["parent", "alone"], "confirmed": "yes"}, follow=True)

    assert archived() == {"alone"}
    assert "parent cannot be archived: it is a prerequisite of child (development)." in page.content.decode()


def test_the_button_of_one_flag_is_about_that_one_whatever_is_ticked(
    as_bob_looks: Client, development: Environment, old_flag: OldFlag
) -> None:
    for key in ("one", "two"):
        old_flag(key, development)
    page = as_bob_looks.get(STALE).content.decode()

    asked = as_bob_looks.post(f"{STALE}archive/", {"flag": "one", "only": "two"})

    assert 'name="only" value="two">Archive…' in page
    assert [finding.flag.key for finding in asked.context["findings"]] == ["two"]


def test_member_archives_nothing_that_a_protected_environment_uses(
    as_bob_looks: Client, production: Environment, old_flag: OldFlag
) -> None:
    old_flag("checkout", production, enabled=True)

    page = as_bob_looks.post(f"{STALE}archive/", {"flag": "checkout", "confirmed": "yes"}, follow=True)

    assert archived() == set()
    assert "flag.archive" in page.content.decode()


@pytest.mark.parametrize("where", ["stale-flags/archive/", "stale-flags/unarchive/", "flags/checkout/keep/"])
def test_viewer_does_none_of_it(browser: Browser, vera: User, old_flag: OldFlag, system: Actor, where: str) -> None:
    flag = old_flag("checkout")
    if "unarchive" in where:
        services.archive_flag(flag, actor=system)

    answer = browser(vera).post(f"{SHOP}{where}", {"flag": "checkout", "confirmed": "yes", "reason": "mine"})

    flag.refresh_from_db()
    assert answer.status_code == 403
    assert (flag.archived_at is not None, flag.is_permanent) == ("unarchive" in where, False)


def test_viewer_sees_the_evidence_without_buttons(
    browser: Browser, vera: User, development: Environment, old_flag: OldFlag
) -> None:
    old_flag("checkout")

    page = browser(vera).get(STALE).content.decode()

    assert "Off everywhere, unchanged for 100 days." in page
    assert [word for word in ("Keep…", "Archive…", "After how long?") if word in page] == []


def test_keeping_and_taking_it_back(as_bob_looks: Client, old_flag: OldFlag) -> None:
    old_flag("checkout")
    page = as_bob_looks.post(f"{SHOP}flags/checkout/keep/", {"reason": "The law asks for it"}, follow=True)
    assert "The law asks for it" in page.content.decode()

    listed = as_bob_looks.get(STALE)
    assert listed.context["listing"].every == []
    assert "The law asks for it; Bob" in listed.content.decode()

    as_bob_looks.post(f"{SHOP}flags/checkout/stop-keeping/")
    assert [rank.key for rank in as_bob_looks.get(STALE).context["listing"].every] == ["checkout"]


def test_the_mark_on_the_page_of_a_flag(as_bob_looks: Client, development: Environment, old_flag: OldFlag) -> None:
    old_flag("old")
    old_flag("young", age=1)

    def mark(key: str) -> str:
        answer = as_bob_looks.get(f"{SHOP}flags/{key}/staleness/", headers={"HX-Request": "true"})
        return answer.content.decode().strip()

    assert "likely stale" in mark("old")
    assert "Off everywhere, unchanged for 100 days." in mark("old")
    assert mark("young") == ""
    assert "Nothing says that it is stale" in as_bob_looks.get(f"{SHOP}flags/young/staleness/").content.decode()


def test_the_days_of_a_project(browser: Browser, ada: User, shop: Project) -> None:
    client: Any = browser(ada)
    given = {name: str(days) for name, days in client.get(f"{SHOP}stale-after/").context["form"].initial.items()}

    assert client.post(f"{SHOP}stale-after/", given | {"unused": "60"}).status_code == 302
    assert Project.objects.get().stale_after == {"unused": 60}
    assert client.post(f"{SHOP}stale-after/", given | {"unused": "-1"}).status_code == 422


def test_member_does_not_set_the_days(as_bob_looks: Client, shop: Project) -> None:
    assert as_bob_looks.get(f"{SHOP}stale-after/").status_code == 403
