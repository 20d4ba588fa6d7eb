"""Many flags at once: each by its own service, asked for what is missing, told flag by flag, and taken back."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from flags import selectors, services
from flags.dashboard.bulk_forms import AT_ONCE
from flags.models import Flag, FlagConfig
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, User
from tests.conftest import Browser, FilledTo
from tests.flags.dashboard.conftest import LIST, SHOP

MakeFlag = Callable[..., Flag]
Configure = Callable[..., FlagConfig]
BULK = f"{SHOP}/many-flags/"
TWO = ["banner", "checkout"]


@pytest.fixture
def two(a_flag: MakeFlag) -> list[Flag]:
    return [a_flag(key) for key in TWO]


def hidden(page: Any) -> dict[str, list[str]]:
    """The hidden inputs of the form that is shown, as a browser sends them."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.content.decode()):
        found.setdefault(name, []).append(value.replace("&amp;", "&").replace("&#x27;", "'"))
    return {name: values for name, values in found.items() if name != "csrfmiddlewaretoken"}


def words(page: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())


def to_the_end(client: Client, answer: Any, headers: dict[str, str]) -> tuple[Any, int]:
    """What a script does: send the form again as long as it goes on."""
    requests = 1
    while "data-goes-on" in answer.content.decode():
        answer, requests = client.post(BULK, hidden(answer), headers=headers), requests + 1
    return answer, requests


def test_selected_flags_are_archived_each_with_its_own_entry_in_the_audit_log(
    browser: Browser, bob: User, two: list[Flag], checkout_is_left: Flag
) -> None:
    answer = browser(bob).post(
        BULK, {"act": "archive", "flag": TWO}, headers={"Referer": f"http://testserver{LIST}?sort=name"}
    )

    assert (answer.status_code, answer["Location"]) == (302, f"{LIST}?sort=name")
    assert set(Flag.objects.filter(archived_at__isnull=False).values_list("key", flat=True)) == set(TWO)
    assert AuditEvent.objects.filter(verb="flag.archived", actor_id=bob.pk).count() == 2


@pytest.fixture
def checkout_is_left(a_flag: MakeFlag) -> Flag:
    return a_flag("left-alone")


def test_the_message_takes_back_what_was_changed_and_nothing_else(
    browser: Browser, bob: User, two: list[Flag], system: Actor, htmx: dict[str, str]
) -> None:
    services.archive_flag(two[0], actor=system)
    client = browser(bob)

    answer = client.post(BULK, {"act": "archive", "flag": TWO}, headers=htmx)
    assert "1 flag is archived." in words(answer)
    assert answer["HX-Trigger"] == "flagforge:done"
    client.post(BULK, hidden(answer), headers=htmx)

    assert set(Flag.objects.filter(archived_at__isnull=False).values_list("key", flat=True)) == {"banner"}


@pytest.mark.parametrize(
    ("question", "asked"), [("tag", "Tag 2 flags"), ("owner", "Owner of 2 flags"), ("switch", "Switch 2 flags")]
)
def test_what_is_missing_is_asked_for(
    question: str, asked: str, browser: Browser, bob: User, two: list[Flag], htmx: dict[str, str]
) -> None:
    dialog = browser(bob).post(BULK, {"act": question, "flag": TWO}, headers=htmx)
    page = browser(bob).post(BULK, {"act": question, "flag": TWO})

    assert asked in words(dialog)
    assert dialog.content.decode().lstrip().startswith("<dialog")
    assert "<html" in page.content.decode()
    assert hidden(page)["keys"] == ["banner,checkout"]


def test_tags_come_and_go_and_the_message_takes_that_back(
    browser: Browser, bob: User, two: list[Flag], htmx: dict[str, str]
) -> None:
    client = browser(bob)
    added = client.post(BULK, {"act": "add_tag", "tag": " #spring ", "keys": "banner,checkout"}, headers=htmx)
    assert [flag.tags for flag in Flag.objects.order_by("key")] == [["spring"], ["spring"]]

    client.post(BULK, {"act": "remove_tag", "tag": "spring", "keys": "banner"}, headers=htmx)
    again = client.post(BULK, {"act": "add_tag", "tag": "spring", "keys": "checkout"}, headers=htmx)
    client.post(BULK, hidden(added), headers=htmx)

    assert "Nothing was different" in words(again)
    assert [flag.tags for flag in Flag.objects.all()] == [[], []]


def test_an_owner_is_given_and_taken_back_where_all_had_the_same(
    browser: Browser, bob: User, alice: User, two: list[Flag], htmx: dict[str, str]
) -> None:
    client = browser(bob)
    answer = client.post(BULK, {"act": "set_owner", "owner": bob.email, "flag": TWO}, headers=htmx)
    assert set(Flag.objects.values_list("owner", flat=True)) == {bob.pk}

    client.post(BULK, hidden(answer), headers=htmx)
    assert set(Flag.objects.values_list("owner", flat=True)) == {None}

    client.post(BULK, {"act": "set_owner", "owner": alice.email, "flag": ["banner"]}, headers=htmx)
    mixed = client.post(BULK, {"act": "set_owner", "owner": bob.email, "flag": TWO}, headers=htmx)
    assert "Undo" not in words(mixed)


def test_flags_are_switched_where_it_was_said_and_nowhere_else(
    browser: Browser, bob: User, two: list[Flag], development: Environment, production: Environment
) -> None:
    browser(bob).post(BULK, {"act": "turn_on", "environment": "development", "flag": TWO})

    assert all(selectors.state_of(flag, development).enabled for flag in two)
    assert not any(selectors.state_of(flag, production).enabled for flag in two)


def test_a_protected_environment_asks_by_its_name_first(
    browser: Browser, ada: User, two: list[Flag], production: Environment, htmx: dict[str, str]
) -> None:
    client, wanted = browser(ada), {"act": "turn_on", "environment": "production", "flag": TWO, "comment": "go"}

    asked = client.post(BULK, wanted, headers=htmx)
    client.post(BULK, wanted | {"confirmed": "development"}, headers=htmx)
    assert "Turn on 2 flags in Production?" in words(asked)
    assert not any(selectors.state_of(flag, production).enabled for flag in two)

    client.post(BULK, hidden(asked) | {"act": "turn_on"}, headers=htmx)
    assert all(selectors.state_of(flag, production).enabled for flag in two)
    assert set(AuditEvent.objects.filter(verb="flag.toggled").values_list("comment", flat=True)) == {"go"}


def test_one_that_refuses_is_told_by_its_key_and_stops_no_other(
    browser: Browser, bob: User, two: list[Flag], configured: Configure, production: Environment, htmx: dict[str, str]
) -> None:
    configured(two[0], production)

    answer = browser(bob).post(BULK, {"act": "archive", "flag": TWO}, headers=htmx)

    assert "1 flag could not be changed" in words(answer)
    assert "banner" in words(answer)
    assert "Production is protected" in words(answer)
    assert "1 flag is archived." in words(answer)
    assert set(Flag.objects.filter(archived_at__isnull=False).values_list("key", flat=True)) == {"checkout"}


def test_all_that_match_are_asked_about_by_their_number_and_worked_through_a_few_at_a_time(
    browser: Browser, bob: User, filled_to: FilledTo, htmx: dict[str, str]
) -> None:
    filled_to(100)
    client = browser(bob)

    asked = client.post(BULK, {"act": "add_tag", "tag": "spring", "all": "yes", "query": "tag=tag-0"}, headers=htmx)
    assert "Add #spring to 15 flags?" in words(asked)
    everything = client.post(
        BULK, {"act": "add_tag", "tag": "spring", "all": "yes", "query": "", "confirmed": "yes"}, headers=htmx
    )
    assert f"{AT_ONCE} of 100 flags" in words(everything)
    answer, requests = to_the_end(client, everything, htmx)

    assert requests == 100 / AT_ONCE
    assert "100 flags are tagged #spring." in words(answer)
    assert all("spring" in flag.tags for flag in Flag.objects.all())


def test_what_does_not_match_any_more_once_it_is_done_leaves_no_gap(
    browser: Browser, bob: User, filled_to: FilledTo, htmx: dict[str, str]
) -> None:
    filled_to(60)
    client = browser(bob)

    first = client.post(
        BULK, {"act": "archive", "all": "yes", "query": "search=flag", "confirmed": "yes"}, headers=htmx
    )
    to_the_end(client, first, htmx)

    # They are on in production, where Bob may change nothing.
    assert Flag.objects.filter(archived_at__isnull=False).count() == 0
    Flag.objects.all()
    FlagConfig.objects.filter(environment__key="production").delete()
    first = client.post(
        BULK, {"act": "archive", "all": "yes", "query": "search=flag", "confirmed": "yes"}, headers=htmx
    )
    answer, _ = to_the_end(client, first, htmx)
    assert "60 flags are archived." in words(answer)
    assert Flag.objects.filter(archived_at__isnull=False).count() == 60


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"act": "archive"}, "No flag is selected."),
        ({"act": "explode", "flag": TWO}, "That cannot be done to many flags."),
        ({"flag": TWO}, "That cannot be done to many flags."),
        ({"act": "set_owner", "owner": "stranger@example.com", "flag": TWO}, "There is no such member"),
    ],
)
def test_what_makes_no_sense_changes_nothing(
    sent: dict[str, Any], said: str, browser: Browser, bob: User, two: list[Flag], htmx: dict[str, str]
) -> None:
    before = AuditEvent.objects.count()

    answer = browser(bob).post(BULK, sent, headers=htmx)

    assert said in words(answer)
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize("act", ["archive", "tag", "owner", "add_tag", "turn_on"])
def test_viewer_cannot_and_has_nothing_to_select(
    act: str, browser: Browser, vera: User, two: list[Flag], development: Environment, htmx: dict[str, str]
) -> None:
    before = AuditEvent.objects.count()

    answer = browser(vera).post(BULK, {"act": act, "flag": TWO, "tag": "x", "environment": "development"}, headers=htmx)

    assert "may not do" in words(answer).replace("&quot;", '"')
    assert AuditEvent.objects.count() == before
    assert 'name="flag"' not in browser(vera).get(LIST).content.decode()


def test_flags_of_another_project_are_not_found(
    browser: Browser, bob: User, globex_flag: Flag, two: list[Flag], htmx: dict[str, str]
) -> None:
    browser(bob).post(BULK, {"act": "archive", "keys": globex_flag.key}, headers=htmx)

    globex_flag.refresh_from_db()
    assert globex_flag.archived_at is None


@pytest.fixture
def globex_flag(globex: Any, system: Actor) -> Flag:
    from tenants import services as tenants_services

    bank = tenants_services.create_project(globex, key="bank", name="Bank", actor=system)
    return services.create_flag(bank, {"key": "vault"}, actor=system).thing
