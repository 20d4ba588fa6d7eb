"""A new flag by a form: variants in its type, faults at their fields, and nothing typed is lost."""

from collections.abc import Callable
from typing import Any

import pytest

from flags import documents, selectors
from flags.models import Flag
from tenants.models import Environment, Project, User
from tests.conftest import Browser
from tests.flags.dashboard.conftest import LIST, SHOP

NEW = f"{SHOP}/new-flag/"
MakeFlag = Callable[..., Flag]
BOOLEAN = {"name": "New checkout", "key": "new-checkout", "type": "boolean", "kind": "release", "client_visible": "on"}
COLOR = BOOLEAN | {
    "key": "color",
    "type": "string",
    "variants_name": ["red", "blue"],
    "variants_value": ["#f00", "#00f"],
}


def test_a_boolean_flag_needs_no_variants_and_is_off_everywhere(
    browser: Browser, bob: User, development: Environment, production: Environment
) -> None:
    answer = browser(bob).post(NEW, BOOLEAN | {"tags": "checkout, pilot", "owner": bob.email, "comment": "begin"})

    flag = Flag.objects.get(key="new-checkout")
    assert (answer.status_code, answer["Location"]) == (302, f"{LIST}new-checkout/")
    assert (flag.variants, flag.tags, flag.owner) == ({"on": True, "off": False}, ["checkout", "pilot"], bob)
    assert [selectors.state_of(flag, each).enabled for each in (development, production)] == [False, False]
    assert flag.history.get().history_change_reason == "begin"


@pytest.mark.parametrize(
    ("value_type", "values", "stored"),
    [
        ("string", ["", " spaced "], ["", " spaced "]),
        ("string", ["one\r\ntwo", "12"], ["one\ntwo", "12"]),
        ("integer", ["12", " 48 "], [12, 48]),
        ("double", ["7.5", "10"], [7.5, 10.0]),
        ("json", ['{"dark": true}', "{}"], [{"dark": True}, {}]),
        ("boolean", ["true", "false"], [True, False]),
    ],
)
def test_values_are_read_in_the_type_of_the_flag(
    value_type: str, values: list[str], stored: list[Any], browser: Browser, bob: User, development: Environment
) -> None:
    named = {"variants_name": ["a", "b", ""], "variants_value": [*values, ""]}

    answer = browser(bob).post(NEW, BOOLEAN | {"type": value_type} | named)

    assert answer.status_code == 302, answer.content.decode()
    assert list(documents.typed_variants(Flag.objects.get()).values()) == stored


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"key": "no spaces"}, '"no spaces" is no key'),
        ({"key": "taken"}, "taken"),
        (
            {"variants_name": ["a"], "variants_value": ["x"], "type": "integer"},
            "write a whole number, such as 20, not “x”",
        ),
        ({"variants_name": ["a", "b"], "variants_value": ["1", "1.5"], "type": "integer"}, "is not an integer"),
        ({"variants_name": ["a", "a"], "variants_value": ["x", "y"], "type": "string"}, "this name is there twice"),
        ({"variants_name": [""], "variants_value": ["x"], "type": "string"}, "is no name of a variant"),
        ({"type": "string"}, "variants are an object of 1 to 100 names"),
        ({"tags": "a, a"}, "is in the list already"),
        ({"owner": "stranger@example.com"}, "Select a valid choice"),
        ({"kind": "nonsense"}, "Select a valid choice"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_a_fault_stands_at_its_field_and_nothing_typed_is_lost(
    given: dict[str, Any], complaint: str, browser: Browser, bob: User, a_flag: MakeFlag, development: Environment
) -> None:
    a_flag("taken")

    answer = browser(bob).post(NEW, BOOLEAN | {"description": "kept words"} | given)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert complaint in page.replace("&quot;", '"')
    assert "kept words" in page
    assert Flag.objects.count() == 1


def test_rows_of_variants_come_back_as_they_were_typed(browser: Browser, bob: User, development: Environment) -> None:
    page = browser(bob).post(NEW, COLOR | {"key": "no spaces"}).content.decode()

    assert 'value="red"' in page
    assert "#00f</textarea>" in page


def test_what_to_know_after_making_is_said(browser: Browser, bob: User, development: Environment) -> None:
    large = {"type": "integer", "variants_name": ["big"], "variants_value": ["4294967296"]}

    client = browser(bob)
    client.post(NEW, BOOLEAN | large)

    assert "beyond 2^31-1" in client.get(LIST).content.decode()


def test_the_form_explains_kinds_and_offers_oneself_as_owner(browser: Browser, bob: User, shop: Project) -> None:
    page = browser(bob).get(NEW).content.decode()

    assert "Expected to be gone after 40 days." in page
    assert "It may stay for ever." in page
    assert f'<option value="{bob.email}" selected>Bob</option>' in page


@pytest.mark.parametrize(
    ("key", "verdict"),
    [
        ("free", "Free: your code asks for"),
        ("no%20spaces", "no spaces"),
        ("CHECKOUT", "There is a flag CHECKOUT already"),
        ("", ""),
        ("%00", "Use 1 to 200 letters"),
    ],
)
def test_a_key_is_judged_while_it_is_typed(key: str, verdict: str, browser: Browser, bob: User, checkout: Flag) -> None:
    page = browser(bob).get(f"{NEW}key/?key={key}").content.decode()

    assert verdict in page if verdict else not page.strip()


def test_viewer_cannot_make_a_flag(browser: Browser, vera: User, shop: Project) -> None:
    answers = [browser(vera).get(NEW), browser(vera).post(NEW, BOOLEAN), browser(vera).get(f"{NEW}key/?key=a")]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert not Flag.objects.exists()


def test_outsider_finds_no_form(browser: Browser, charlie: User, globex: object, shop: Project) -> None:
    assert browser(charlie).post(NEW, BOOLEAN).status_code == 404


def test_a_session_that_ends_gives_the_form_back_after_the_login(
    browser: Browser, bob: User, development: Environment
) -> None:
    client = browser(bob)
    client.get(NEW)
    del client.cookies["sessionid"]

    answer = client.post(NEW, COLOR)
    client.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")

    page = client.get(NEW).content.decode()

    assert answer.status_code == 302
    assert 'value="New checkout"' in page
    assert 'value="red"' in page
    assert not Flag.objects.exists()
