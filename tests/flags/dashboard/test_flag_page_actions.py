"""The switch, the kill, rolling back and copying from a flag's page: refusals, conflicts, and what happens to a draft."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flags import selectors, services
from flags.models import Flag, FlagConfig
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, User
from tenants.permissions import grant
from tenants.roles import Role
from tests.conftest import Browser
from tests.flags.dashboard.sent import fields_on, form_on
from tests.flags.dashboard.test_flag_page import BETA, HERE, PROTECTED

pytestmark = pytest.mark.django_db
Configured = Callable[..., FlagConfig]


@pytest.fixture
def beta(checkout: Flag, configured: Configured) -> FlagConfig:
    """Version 2, with one rule."""
    return configured(checkout, rules=[BETA])


@pytest.fixture
def page(browser: Browser, bob: User, checkout: Flag, development: Environment) -> Any:
    return browser(bob)


def now(flag: Flag, environment: Environment) -> FlagConfig:
    return selectors.state_of(flag, environment)


def button(answer: Any, **named: str) -> dict[str, str]:
    """The first button of the page with these attributes."""
    return next(each for each in form_on(answer).buttons if named.items() <= each.items())


# Conflicts


def test_a_conflict_shows_both_and_loses_nothing(
    page: Any, beta: FlagConfig, checkout: Flag, development: Environment, as_alice: Actor
) -> None:
    fields = fields_on(page.get(HERE), **{"rules[0].name": "Mine", "comment": "why"})
    services.set_targets(checkout, development, [{"variant": "on", "values": ["theirs"]}], actor=as_alice)

    refused = page.post(HERE, fields)
    answer = refused.content.decode()

    assert refused.status_code == 409
    assert "Alice saved version 3" in answer
    assert "theirs always gets on" in answer
    assert "named “Mine”" in answer
    assert form_on(refused).fields | {"rules[0].name": "Mine", "comment": "why"} == form_on(refused).fields
    assert now(checkout, development).version == 3


def test_mine_over_theirs_keeps_both_and_is_saved_as_the_next(
    page: Any, beta: FlagConfig, checkout: Flag, development: Environment, as_alice: Actor
) -> None:
    fields = fields_on(page.get(HERE), **{"rules[0].name": "Mine"})
    services.set_targets(checkout, development, [{"variant": "on", "values": ["theirs"]}], actor=as_alice)

    both = page.post(f"{HERE}draft/", fields_on(page.post(HERE, fields)) | {"do": "mine"})
    saved = page.post(HERE, fields_on(both))

    assert b"Somebody saved first" not in both.content
    assert saved.status_code == 302
    state = now(checkout, development)
    assert (state.version, state.rules[0]["name"]) == (4, "Mine")
    assert state.targets == [{"variant": "on", "values": ["theirs"]}]


def test_mine_over_theirs_as_text_is_the_text_of_both(
    page: Any, beta: FlagConfig, checkout: Flag, development: Environment, as_alice: Actor
) -> None:
    answer = page.post(f"{HERE}draft/", fields_on(page.get(HERE)) | {"do": "as_text"})
    mine = fields_on(answer, text=form_on(answer).fields["text"].replace('"Beta"', '"Mine"'))
    broken = mine | {"text": "rule r1: and"}
    services.set_targets(checkout, development, [{"variant": "on", "values": ["theirs"]}], actor=as_alice)

    both = page.post(f"{HERE}draft/", mine | {"do": "mine"})
    unread = page.post(f"{HERE}draft/", broken | {"do": "mine"})
    saved = page.post(HERE, fields_on(both))

    assert 'serve on to "theirs"' in form_on(both).fields["text"]
    assert 'rule r1 "Mine"' in form_on(both).fields["text"]
    assert form_on(unread).fields["text"] == "rule r1: and"
    assert b"Somebody saved first" in unread.content
    assert saved.status_code == 302
    assert now(checkout, development).targets == [{"variant": "on", "values": ["theirs"]}]


def test_a_second_conflict_is_one_again(
    page: Any, beta: FlagConfig, checkout: Flag, development: Environment, as_alice: Actor
) -> None:
    fields = fields_on(page.get(HERE), **{"rules[0].name": "Mine"})
    services.kill_flag(checkout, development, actor=as_alice)
    both = page.post(f"{HERE}draft/", fields | {"do": "mine"})
    services.set_targets(checkout, development, [{"variant": "on", "values": ["u"]}], actor=as_alice)

    refused = page.post(HERE, fields_on(both))

    assert refused.status_code == 409
    assert form_on(refused).fields["rules[0].name"] == "Mine"
    assert not now(checkout, development).enabled


# The switch and the kill


def test_the_switch_acts_at_once_and_can_be_undone(
    page: Any, beta: FlagConfig, checkout: Flag, development: Environment
) -> None:
    answer = page.get(HERE)
    switch = button(answer, role="switch")

    done = page.post(switch["formaction"], fields_on(answer) | {switch["name"]: switch["value"]})
    is_off = not now(checkout, development).enabled
    answer = page.get(HERE)
    undo = button(answer, name="enabled", value="yes")
    page.post(undo["formaction"], fields_on(answer) | {"enabled": "yes"})

    assert done.status_code == 302
    assert is_off
    assert "checkout is off in development." in answer.content.decode()
    assert now(checkout, development).enabled


@pytest.mark.parametrize("part", ["toggle/", "kill/"])
def test_a_draft_goes_on_when_the_flag_is_switched(
    part: str, page: Any, beta: FlagConfig, checkout: Flag, development: Environment
) -> None:
    fields = fields_on(page.get(HERE), **{"rules[0].name": "Mine"})

    answer = page.post(f"{HERE}{part}", fields | {"enabled": "", "kill_comment": "502"})
    switched = now(checkout, development)
    saved = page.post(HERE, fields_on(answer))

    assert answer.status_code == 200
    assert (switched.enabled, switched.rules[0]["name"]) == (False, "Beta")
    assert saved.status_code == 302
    state = now(checkout, development)
    assert (state.enabled, state.rules[0]["name"]) == (False, "Mine")


def test_a_text_goes_on_when_the_flag_is_switched(
    page: Any, beta: FlagConfig, checkout: Flag, development: Environment
) -> None:
    answer = page.post(f"{HERE}draft/", fields_on(page.get(HERE)) | {"do": "as_text"})

    for text in ("rule r1: and", 'rule r1 "Mine": serve on'):
        answer = page.post(f"{HERE}kill/", fields_on(answer, text=text))

        assert form_on(answer).fields["text"] == text
        assert b"Somebody saved first" not in answer.content
    saved = page.post(HERE, fields_on(answer))

    assert saved.status_code == 302
    state = now(checkout, development)
    assert (state.enabled, state.rules[0]["name"]) == (False, "Mine")


def test_a_kill_keeps_its_comment_and_needs_no_newest_version(
    page: Any, beta: FlagConfig, checkout: Flag, development: Environment, as_alice: Actor
) -> None:
    fields = fields_on(page.get(HERE))
    services.set_targets(checkout, development, [{"variant": "on", "values": ["u"]}], actor=as_alice)

    page.post(f"{HERE}kill/", fields | {"kill_comment": "Payments return 502"})

    assert not now(checkout, development).enabled
    event = AuditEvent.objects.order_by("-position")[0]
    assert (event.verb, event.comment) == ("flag.killed", "Payments return 502")


def test_the_kill_has_a_page_that_asks(page: Any, beta: FlagConfig, checkout: Flag, development: Environment) -> None:
    asked = page.get(f"{HERE}kill/").content.decode()
    still_on = now(checkout, development).enabled
    done = page.post(f"{HERE}kill/", {"kill_comment": ""})

    assert "Kill checkout in development?" in asked
    assert "Keep it on" in asked
    assert still_on
    assert (done.status_code, done["Location"]) == (302, HERE)


def test_a_switch_over_a_stale_page_is_a_conflict(
    page: Any, beta: FlagConfig, checkout: Flag, development: Environment, as_alice: Actor
) -> None:
    fields = fields_on(page.get(HERE))
    services.set_targets(checkout, development, [{"variant": "on", "values": ["u"]}], actor=as_alice)

    refused = page.post(f"{HERE}toggle/", fields | {"enabled": ""})

    assert refused.status_code == 409
    assert b"Somebody saved first" in refused.content
    assert now(checkout, development).enabled


# Rolling back and copying


def test_an_earlier_version_is_rolled_back_to(
    page: Any, beta: FlagConfig, checkout: Flag, development: Environment
) -> None:
    answer = page.get(HERE)
    back = button(answer, name="to_version", value="1")

    done = page.post(back["formaction"], fields_on(answer) | {"to_version": "1"})

    assert done.status_code == 302
    state = now(checkout, development)
    assert (state.version, state.rules, state.enabled) == (3, [], False)


@pytest.mark.parametrize("version", ["", "9", "-1", "x", "99999999999999", "²"])
def test_a_version_that_is_not_there_is_refused(version: str, page: Any, beta: FlagConfig) -> None:
    refused = page.post(f"{HERE}roll-back/", fields_on(page.get(HERE)) | {"to_version": version})

    assert refused.status_code == 422
    assert b"there is no version" in refused.content


def test_a_state_is_copied_from_another_environment(
    page: Any, beta: FlagConfig, checkout: Flag, production: Environment, development: Environment,
    configured: Configured,
) -> None:  # fmt: skip
    configured(checkout, production, rules=[BETA | {"name": "From production"}])

    page.post(f"{HERE}copy/", fields_on(page.get(HERE)) | {"from": "production"})
    unknown = page.post(f"{HERE}copy/", {"from": "nowhere"})

    assert now(checkout, development).rules[0]["name"] == "From production"
    assert unknown.status_code == 404


@pytest.mark.parametrize(("part", "answer"), [("roll-back/", {"to_version": "1"}), ("copy/", {"from": "production"})])
def test_a_draft_is_not_replaced_by_another_state(
    part: str, answer: dict[str, str], page: Any, beta: FlagConfig, checkout: Flag, production: Environment,
    development: Environment,
) -> None:  # fmt: skip
    fields = fields_on(page.get(HERE), **{"rules[0].name": "Mine"})

    refused = page.post(f"{HERE}{part}", fields | answer)

    assert refused.status_code == 409
    assert b"Save or discard your draft first" in refused.content
    assert form_on(refused).fields["rules[0].name"] == "Mine"
    assert now(checkout, development).version == 2


def test_the_history_tells_who_when_why_and_what(
    page: Any, beta: FlagConfig, checkout: Flag, development: Environment, as_alice: Actor
) -> None:
    services.set_rollout(
        checkout, development, {"on": 50, "off": 50}, rule_id="r1", actor=as_alice, comment="Went well"
    )

    answer = page.get(f"{HERE}history/").content.decode()

    for words in ("Alice", "“Went well”", "serves 25 % on, 75 % off", "serves 50 % on, 50 % off", "version 3"):
        assert words in answer


def test_the_history_goes_on_page_by_page(
    page: Any, beta: FlagConfig, checkout: Flag, development: Environment, as_alice: Actor
) -> None:
    for number in range(25):
        services.toggle_flag(checkout, development, enabled=bool(number % 2), actor=as_alice)

    first = page.get(f"{HERE}history/").content.decode()
    second = page.get(f"{HERE}history/?before=8").content.decode()

    assert 'href="?before=8"' in first
    assert "version 8<" in first
    assert "version 7<" in second
    assert "version 1<" in second
    assert "began with the default state" in second
    assert page.get(f"{HERE}history/?before=x").status_code == 200


# Who may


def test_a_viewer_reads_and_changes_nothing(
    browser: Browser, vera: User, beta: FlagConfig, checkout: Flag, development: Environment
) -> None:
    client = browser(vera)
    answer = client.get(HERE)

    assert b"You can read this, not change it." in answer.content
    assert b"<fieldset" in answer.content
    assert b" disabled" in answer.content
    assert b"Save to development" not in answer.content
    assert b"Kill in development" not in answer.content
    for part in ("", "toggle/", "kill/", "roll-back/", "copy/"):
        typed = {"rules[0].name": "Mine", "to_version": "1", "from": "development", "enabled": ""}
        fields = form_on(answer).fields | (typed if part == "" else {**typed, "rules[0].name": "Beta"})
        assert client.post(f"{HERE}{part}", fields).status_code == 403, part
    assert now(checkout, development).version == 2


def test_a_member_changes_nothing_in_a_protected_environment(
    browser: Browser, bob: User, checkout: Flag, production: Environment, configured: Configured
) -> None:
    configured(checkout, production, rules=[BETA])
    client = browser(bob)

    answer = client.get(PROTECTED)
    saved = client.post(f"{PROTECTED}?confirmed=production", form_on(answer).fields | {"rules[0].name": "Mine"})

    assert b"You can read this, not change it." in answer.content
    assert saved.status_code == 403
    assert now(checkout, production).rules[0]["name"] == "Beta"


def test_a_protected_environment_asks_by_its_name(
    browser: Browser, ada: User, checkout: Flag, production: Environment, configured: Configured
) -> None:
    configured(checkout, production, rules=[BETA])
    client = browser(ada)
    fields = fields_on(client.get(PROTECTED), **{"rules[0].name": "Mine", "comment": "why"})

    asked = client.post(PROTECTED, fields)
    before = now(checkout, production).rules[0]["name"]
    wrong = client.post(f"{PROTECTED}?confirmed=development", fields)
    yes = button(asked, formaction=f"{PROTECTED}?confirmed=production")
    saved = client.post(yes["formaction"], form_on(asked).fields)

    assert b"Save to production?" in asked.content
    assert before == "Beta"
    assert b"Save to production?" in wrong.content
    assert saved.status_code == 302
    assert now(checkout, production).rules[0]["name"] == "Mine"
    assert AuditEvent.objects.order_by("-position")[0].comment == "why"


@pytest.mark.parametrize(
    ("part", "name", "value", "question"),
    [
        ("toggle/", "enabled", "", "Turn off in production?"),
        ("roll-back/", "to_version", "1", "Roll back to version 1 in production?"),
        ("copy/", "from", "development", "Copy development to production?"),
    ],
)
def test_each_change_of_a_protected_environment_asks(
    part: str, name: str, value: str, question: str, browser: Browser, ada: User, checkout: Flag,
    development: Environment, production: Environment, configured: Configured,
) -> None:  # fmt: skip
    configured(checkout, production, rules=[BETA])
    client = browser(ada)

    asked = client.post(f"{PROTECTED}{part}", fields_on(client.get(PROTECTED)) | {name: value})
    version = now(checkout, production).version
    yes = button(asked, formaction=f"{PROTECTED}{part}?confirmed=production")
    done = client.post(yes["formaction"], form_on(asked).fields | {yes["name"]: yes["value"]})

    assert question in asked.content.decode()
    assert version == 2
    assert done.status_code == 302
    assert now(checkout, production).version == 3


def test_an_archived_flag_is_read_only(
    page: Any, beta: FlagConfig, checkout: Flag, development: Environment, system: Actor
) -> None:
    fields = fields_on(page.get(HERE), **{"rules[0].name": "Mine"})
    services.archive_flag(checkout, actor=system)

    answer = page.get(HERE)
    refused = page.post(HERE, fields)

    assert b"is archived: it is not evaluated" in answer.content
    assert b"Save to development" not in answer.content
    assert refused.status_code == 409
    assert b"unarchive it first" in refused.content


def test_somebody_who_sees_one_environment_sees_no_other(
    browser: Browser, charlie: User, checkout: Flag, beta: FlagConfig, production: Environment, system: Actor
) -> None:
    grant(charlie, Role.VIEWER, production)
    client = browser(charlie)

    assert b"Development" not in client.get(PROTECTED).content
    assert client.get(HERE).status_code == 404


def test_the_page_asks_as_much_in_a_large_project_as_in_a_small_one(
    page: Any, beta: FlagConfig, checkout: Flag, alice: User, a_flag: Callable[..., Flag], configured: Configured
) -> None:
    Flag.objects.filter(pk=checkout.pk).update(owner=alice)

    def queries() -> int:
        page.get(HERE)
        with CaptureQueriesContext(connection) as captured:
            assert page.get(HERE).status_code == 200
        return len(captured)

    few = queries()
    for number in range(20):
        configured(a_flag(f"flag-{number}"), prerequisites={"flag": "checkout", "variants": ["on"]})
    many = queries()

    assert many == few < 15


def test_a_killed_flag_says_who_killed_it_even_after_others_edited_it(
    page: Any, beta: FlagConfig, checkout: Flag, development: Environment, as_alice: Actor, as_bob: Actor
) -> None:
    services.kill_flag(checkout, development, actor=as_alice)
    services.put_config(checkout, development, {"enabled": False}, actor=as_bob)

    said = page.get(HERE).content.decode()

    assert 'data-state="killed"' in said
    assert "Killed by Alice," in said
    assert "Killed, serves off" in said
    assert "saved by Bob" in said


def test_a_flag_that_was_turned_off_is_not_killed(
    page: Any, beta: FlagConfig, checkout: Flag, development: Environment, as_alice: Actor
) -> None:
    services.toggle_flag(checkout, development, enabled=False, actor=as_alice)

    assert "Killed" not in page.get(HERE).content.decode()
