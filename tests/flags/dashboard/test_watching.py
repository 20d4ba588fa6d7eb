"""Watching from the pages: one click, with and without scripts; in chosen environments; and the link that ends the mails."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from flags import services
from flags.models import Flag, Watch
from flags.watching.stopping import address_to_stop
from flags.watching.watchers import Watching, watching
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, User
from tests.conftest import Browser
from tests.flags.dashboard.conftest import LIST

pytestmark = pytest.mark.django_db
FLAG = f"{LIST}checkout/"
WATCH = f"{FLAG}watch/"
HERE = f"{FLAG}environments/development/"
NOTICES = {"watched_flags": "weekly", "digest_hour": "7", "digest_day": "4", "time_zone": "Asia/Kolkata"}


@pytest.fixture(autouse=True)
def places(checkout: Flag, development: Environment, production: Environment) -> None:
    """Both environments are there."""


def button_on(page: str) -> tuple[str, str]:
    """What the button would send, and its words."""
    form = page[page.index('id="watch"') :]
    value = re.search(r'name="watching" value="(\w*)"', form)
    word = re.search(r"</svg> (\w+)</button>", form)
    assert value, form
    assert word, form
    return value[1], word[1]


def test_one_click_watches_and_one_more_stops(browser: Browser, vera: User, checkout: Flag) -> None:
    page = browser(vera)
    assert button_on(page.get(HERE).content.decode()) == ("yes", "Watch")

    answer = page.post(WATCH, {"watching": "yes"}, follow=True)
    assert button_on(answer.content.decode()) == ("", "Watching")
    assert "What others do to it comes in one mail a day, at 09:00, UTC." in answer.content.decode()

    answer = page.post(WATCH, {"watching": ""}, follow=True)
    assert button_on(answer.content.decode()) == ("yes", "Watch")
    assert watching(checkout, vera) == Watching(False)


def test_with_scripts_the_button_alone_is_exchanged(browser: Browser, vera: User, htmx: dict[str, str]) -> None:
    answer = browser(vera).post(WATCH, {"watching": "yes"}, headers=htmx).content.decode()

    assert button_on(answer) == ("", "Watching")
    assert 'hx-swap-oob="beforeend"' in answer
    assert "<html" not in answer


def test_an_owner_sees_that_they_watch(browser: Browser, bob: User, checkout: Flag) -> None:
    Flag.objects.update(owner=bob)

    page = browser(bob).get(HERE).content.decode()

    assert button_on(page) == ("", "Watching")
    assert "You own it, so you hear of what others do to it." in page


def test_environments_are_chosen(browser: Browser, vera: User, checkout: Flag, production: Environment) -> None:
    page = browser(vera)

    answer = page.post(WATCH, {"where": "some", "environments": [production.pk]}, follow=True)

    assert "in 1 environment<" in answer.content.decode()
    assert watching(checkout, vera).environments == (production.pk,)
    chosen = page.get(WATCH).content.decode()
    assert re.search(rf'value="{production.pk}"[^>]* checked', chosen)
    assert "Watch it no more" in chosen


def test_some_means_at_least_one(browser: Browser, vera: User) -> None:
    answer = browser(vera).post(WATCH, {"where": "some"})

    assert answer.status_code == 422
    assert "Choose at least one, or watch it in all." in answer.content.decode()
    assert not Watch.objects.exists()


def test_the_list_has_those_that_i_watch(
    browser: Browser, bob: User, vera: User, a_flag: Callable[..., Flag], as_vera: Actor, checkout: Flag
) -> None:
    a_flag("banner", owner=bob.email)
    services.watch_flag(checkout, actor=as_vera)

    def listed(person: User) -> list[str]:
        page = browser(person).get(f"{LIST}?watched=yes").content.decode()
        return re.findall(r'<tr data-flag="([^"]+)"', page)

    assert (listed(bob), listed(vera)) == (["banner"], ["checkout"])


def test_an_outsider_finds_no_such_page(browser: Browser, charlie: User) -> None:
    assert browser(charlie).get(WATCH).status_code == 404
    assert browser(charlie).post(WATCH, {"watching": "yes"}).status_code == 404


def test_how_one_hears_of_it_is_chosen_on_the_page_of_notices(browser: Browser, bob: User) -> None:
    browser(bob).post("/accounts/notices/", NOTICES)

    bob.refresh_from_db()
    assert (bob.hears_of_watched_flags, bob.digest_hour, bob.digest_day) == ("weekly", 7, 4)
    assert bob.time_zone == "Asia/Kolkata"
    assert AuditEvent.objects.get(verb="user.notices_chosen").after["digest_hour"] == 7


@pytest.mark.parametrize("wrong", [{"time_zone": "Mars/Olympus"}, {"digest_hour": "24"}, {"watched_flags": "hourly"}])
def test_what_is_no_choice_is_refused(browser: Browser, bob: User, wrong: dict[str, str]) -> None:
    assert browser(bob).post("/accounts/notices/", NOTICES | wrong).status_code == 422

    bob.refresh_from_db()
    assert bob.hears_of_watched_flags == "daily"


def path_of(person: User) -> str:
    return re.sub(r"^https?://[^/]+", "", address_to_stop(person))


def test_a_mailbox_ends_the_mails_with_one_click_and_no_login(bob: User) -> None:
    """As RFC 8058 has it: a POST of its one field, without cookies, without a CSRF token, answered without a redirect."""
    client = Client(enforce_csrf_checks=True)

    answer = client.post(path_of(bob), {"List-Unsubscribe": "One-Click"})

    bob.refresh_from_db()
    assert (answer.status_code, bob.hears_of_watched_flags) == (200, "never")
    assert AuditEvent.objects.get(verb="user.notices_chosen").actor_name == "Bob"


def test_looking_at_the_link_changes_nothing(bob: User) -> None:
    answer = Client().get(path_of(bob))

    bob.refresh_from_db()
    assert (answer.status_code, bob.hears_of_watched_flags) == (200, "daily")
    assert "Stop these mails" in answer.content.decode()


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_that_was_not_made_here_opens_nothing(bob: User, vera: User, method: str) -> None:
    secret = path_of(bob).rstrip("/").rpartition("/")[2]
    payload, _, signature = secret.partition(":")
    forged = [
        f"{payload}x:{signature}",
        secret[:-1],
        "anything",
        path_of(vera).split("/")[-2].split(":")[0] + ":" + signature,
    ]

    for attempt in forged:
        assert getattr(Client(), method)(f"/watching/stop/{attempt}/").status_code == 404

    bob.refresh_from_db()
    assert bob.hears_of_watched_flags == "daily"


def test_of_an_account_that_is_gone_there_is_no_link(bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)

    answer: Any = Client().post(path_of(bob))

    assert answer.status_code == 404
