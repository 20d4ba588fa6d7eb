"""Two environments of a flag beside each other, and what is promoted from one into the other."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flags import documents, selectors, services
from flags.models import Flag, FlagConfig
from tenants import services as tenants_services
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Organization, User
from tenants.roles import Role
from tests.conftest import Browser
from tests.flags.dashboard.conftest import SHOP
from tests.flags.dashboard.sent import fields_on, form_on

pytestmark = pytest.mark.django_db
Configured = Callable[..., FlagConfig]
HERE = f"{SHOP}/flags/checkout/compare/"
TO_PRODUCTION = f"{HERE}?from=development&to=production"
BETA = {"id": "beta", "name": "Beta", "if": {"segment": "staff"}, "serve": {"variant": "on"}}


@pytest.fixture
def page(browser: Browser, alice: User, checkout: Flag, development: Environment, production: Environment) -> Any:
    """Alice's browser."""
    return browser(alice)


@pytest.fixture
def beta(a_segment: Callable[..., Any], checkout: Flag, configured: Configured, production: Environment) -> None:
    """Development has a rule and its own off variant; production has another off variant."""
    a_segment("staff")
    configured(checkout, rules=[BETA], off="on")
    configured(checkout, production, off=None)


def state(checkout: Flag, environment: Environment) -> dict[str, Any]:
    return documents.config_body(selectors.state_of(checkout, environment))


def chosen(answer: Any) -> list[str]:
    """The parts that are ticked."""
    return [part.name for part in answer.context["comparison"].parts if part.is_chosen]


def promote(client: Any, answer: Any, *parts: str, **typed: str) -> Any:
    """Send the form with these parts ticked, and yes to what a protected environment asks."""
    fields = fields_on(answer, **typed) | {"part": list(parts), "confirmed": "production"}
    return client.post(TO_PRODUCTION, fields)


def test_each_part_is_said_in_words_with_who_changed_it(page: Any, beta: None) -> None:
    answer = page.get(TO_PRODUCTION)

    said = {part.title: (part.source, part.target, part.agreement.since) for part in answer.context["comparison"].parts}
    assert said == {
        "Rule 1, Beta": (("if in segment staff", "serves on"), ("no such rule",), "source"),
        "When off": (("serves on",), ("serves the code default",), "both"),
    }
    assert b"both had: serves off" in answer.content


def test_only_what_undoes_nothing_is_ticked(page: Any, beta: None) -> None:
    assert chosen(page.get(TO_PRODUCTION)) == ["rule beta"]


def test_to_turn_something_on_is_ticked_by_nobody(page: Any, checkout: Flag, configured: Configured) -> None:
    configured(checkout)

    answer = page.get(TO_PRODUCTION)

    assert [part.name for part in answer.context["comparison"].parts] == ["enabled"]
    assert chosen(answer) == []


def test_what_is_ticked_is_reviewed_in_words(page: Any, beta: None) -> None:
    answer = page.get(f"{TO_PRODUCTION}&chosen=yes&part=off")

    assert chosen(answer) == ["off"]
    assert [change.where for change in answer.context["comparison"].review.changes] == ["When off"]


def test_the_ticked_parts_are_promoted_with_the_comment(
    page: Any, beta: None, checkout: Flag, production: Environment
) -> None:
    answer = promote(page, page.get(TO_PRODUCTION), "rule beta", comment="Went well")

    assert (answer.status_code, answer["Location"]) == (302, TO_PRODUCTION)
    assert state(checkout, production)["rules"] == [BETA]
    assert state(checkout, production)["off"] is None
    comment = AuditEvent.objects.filter(verb="flag.configured").latest("position").comment
    assert comment == "promoted from development: Went well"


def test_the_toast_undoes_the_promotion(page: Any, beta: None, checkout: Flag, production: Environment) -> None:
    promote(page, page.get(TO_PRODUCTION), "rule beta")

    answer = page.get(TO_PRODUCTION)
    undo = next(button for button in form_on(answer).buttons if button.get("name") == "to_version")
    page.post(undo["formaction"], fields_on(answer) | {undo["name"]: undo["value"]})

    assert b"Promoted from development as version 3 in production." in answer.content
    assert state(checkout, production)["rules"] == []


def test_a_protected_environment_asks_by_its_name_first(
    page: Any, beta: None, checkout: Flag, production: Environment
) -> None:
    asked = page.post(TO_PRODUCTION, fields_on(page.get(TO_PRODUCTION)) | {"part": ["rule beta"]})

    assert b"Promote to production?" in asked.content
    assert state(checkout, production)["rules"] == []


def test_an_environment_that_is_not_protected_does_not_ask(
    page: Any, beta: None, checkout: Flag, development: Environment
) -> None:
    back = f"{HERE}?from=production&to=development"

    answer = page.post(back, fields_on(page.get(back)) | {"part": ["off"]})

    assert answer.status_code == 302
    assert state(checkout, development)["off"] is None


@pytest.mark.parametrize("changed", ["development", "production"])
def test_who_looked_at_an_older_version_on_either_side_is_told(
    page: Any, beta: None, checkout: Flag, configured: Configured, system: Actor, changed: str
) -> None:
    old = page.get(TO_PRODUCTION)
    environment = Environment.objects.get(key=changed, project=checkout.project)
    services.toggle_flag(checkout, environment, enabled=False, actor=system)

    answer = promote(page, old, "rule beta", comment="Went well")

    assert answer.status_code == 409
    assert b"You edited version 2" in answer.content
    assert b"What stands here is the newest" in answer.content
    assert b"Went well" in answer.content
    assert chosen(answer) == ["rule beta"]
    assert promote(page, answer, "rule beta").status_code == 302


def test_nothing_is_promoted_where_nothing_is_ticked(page: Any, beta: None) -> None:
    answer = promote(page, page.get(TO_PRODUCTION))

    assert answer.status_code == 422
    assert b"Choose at least one part to promote." in answer.content


def test_what_the_target_cannot_take_is_told_before_and_refused(
    page: Any, beta: None, checkout: Flag, a_flag: Callable[..., Flag], configured: Configured, production: Environment
) -> None:
    other = a_flag("payments")
    configured(checkout, prerequisites={"flag": "payments", "variants": ["on"]})
    configured(other, production, prerequisites={"flag": "checkout", "variants": ["on"]})

    looked = page.get(f"{TO_PRODUCTION}&chosen=yes&part=prerequisites")
    refused = promote(page, looked, "prerequisites")

    assert b"This cannot be promoted so" in looked.content
    assert refused.status_code == 422
    assert b"must not go in a circle" in refused.content


def test_a_viewer_compares_and_cannot_promote(browser: Browser, vera: User, beta: None, checkout: Flag) -> None:
    client = browser(vera)

    answer = client.get(TO_PRODUCTION)
    refused = client.post(TO_PRODUCTION, {"part": ["rule beta"], "confirmed": "production"})

    assert b"You can compare, not promote." in answer.content
    assert b"Promote to" not in answer.content
    assert refused.status_code == 403


def test_an_archived_flag_is_compared_alone(page: Any, beta: None, checkout: Flag, system: Actor) -> None:
    services.archive_flag(checkout, actor=system)

    answer = page.get(TO_PRODUCTION)

    assert b"checkout is archived" in answer.content
    assert promote(page, answer, "rule beta").status_code == 409


def test_where_nothing_differs_the_page_says_so(page: Any) -> None:
    assert b"exactly what it does in" in page.get(TO_PRODUCTION).content


def test_without_a_choice_it_is_the_environment_before_the_last(page: Any) -> None:
    target = page.get(HERE).context["comparison"]

    assert (target.source.environment.key, target.target.environment.key) == ("development", "production")


@pytest.mark.parametrize("names", ["from=nowhere&to=production", "from=production&to=nowhere"])
def test_an_environment_that_is_not_there_is_not_found(page: Any, names: str) -> None:
    assert page.get(f"{HERE}?{names}").status_code == 404


def test_one_environment_has_nothing_beside_it(page: Any, production: Environment, system: Actor) -> None:
    tenants_services.delete_environment(production, actor=system)

    assert b"There is one environment" in page.get(HERE).content
    assert b"There is one environment" in page.get(f"{SHOP}/compare/").content


PROJECT = f"{SHOP}/compare/?from=development&to=production"


def differing(answer: Any) -> dict[str, list[str]]:
    return {row.flag.key: row.differing for row in answer.context["rows"]}


def test_a_project_lists_the_flags_that_differ_and_where(
    page: Any, beta: None, a_flag: Callable[..., Flag], configured: Configured
) -> None:
    a_flag("untouched")
    configured(a_flag("banner"))

    answer = page.get(PROJECT)

    assert differing(answer) == {"banner": ["Switch"], "checkout": ["Rule 1, Beta", "When off"]}
    assert f"{HERE}?from=development&amp;to=production".encode() in answer.content


def test_a_stored_default_state_differs_from_nothing(
    page: Any, checkout: Flag, configured: Configured, development: Environment, system: Actor
) -> None:
    configured(checkout)
    services.roll_back_config(checkout, development, to_version=1, actor=system)

    assert differing(page.get(PROJECT)) == {}


@pytest.mark.parametrize(
    ("what", "found"), [("switch", ["banner"]), ("rules", ["checkout"]), ("targets", []), ("rest", ["checkout"])]
)
def test_only_what_differs_in_one_thing_is_asked_for(
    page: Any, beta: None, a_flag: Callable[..., Flag], configured: Configured, what: str, found: list[str]
) -> None:
    configured(a_flag("banner"))

    assert [key for key in differing(page.get(f"{PROJECT}&what={what}")) if key in ("banner", "checkout")] == found


def test_only_what_is_searched_for_is_shown(page: Any, beta: None) -> None:
    assert differing(page.get(f"{PROJECT}&search=nothing")) == {}
    assert b"No flag differs so" in page.get(f"{PROJECT}&search=nothing").content


def test_ten_flags_more_cost_no_query_more(page: Any, a_flag: Callable[..., Flag], configured: Configured) -> None:
    configured(a_flag("first"))
    page.get(PROJECT)
    with CaptureQueriesContext(connection) as few:
        page.get(PROJECT)
    for number in range(10):
        configured(a_flag(f"more-{number}"))
    with CaptureQueriesContext(connection) as many:
        assert len(differing(page.get(PROJECT))) == 11

    assert len(many) == len(few)


def test_who_sees_one_environment_learns_of_no_other(
    browser: Browser, acme: Organization, charlie: User, beta: None, development: Environment, system: Actor
) -> None:
    tenants_services.add_member(acme, user=charlie, role=Role.VIEWER, scope=development, actor=system)

    answer = browser(charlie).get(TO_PRODUCTION)

    assert b"There is one environment" in answer.content
    assert b"Production" not in answer.content
