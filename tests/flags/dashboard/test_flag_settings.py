"""What is the same about a flag everywhere: edited, compared with what others saved, archived, deleted, brought back."""

from collections.abc import Callable
from typing import Any

import pytest

from flags import services
from flags.models import Flag, FlagConfig
from tenants import services as tenant_services
from tenants.actors import Actor
from tenants.models import Environment, Project, User
from tenants.roles import Role
from tests.conftest import Browser
from tests.flags.dashboard.conftest import LIST, SHOP

SETTINGS = f"{LIST}checkout/settings/"
DELETED = f"{SHOP}/deleted-flags/"
MakeFlag = Callable[..., Flag]
TYPED: dict[str, Any] = {
    "name": "Checkout",
    "kind": "release",
    "client_visible": "on",
    "metadata": "{}",
    "version": "1",
    "variants_name": ["on", "off"],
    "variants_value": ["true", "false"],
}


def test_owners_are_offered_as_far_as_one_sees_the_people(
    browser: Browser, alice: User, ada: User, bob: User, charlie: User, shop: Project, checkout: Flag, system: Actor
) -> None:
    services.edit_flag(checkout, {"owner": ada.email}, actor=system)
    tenant_services.add_member(shop.organization, user=charlie, role=Role.MEMBER, scope=shop, actor=system)

    in_the_organization = owners_on(browser(bob).get(SETTINGS))
    in_the_project_alone = owners_on(browser(charlie).get(SETTINGS))
    for_a_new_flag = owners_on(browser(charlie).get(f"{SHOP}/new-flag/"))

    assert in_the_organization == {"", alice.email, ada.email, bob.email, charlie.email}
    assert in_the_project_alone == {"", ada.email, charlie.email}
    assert for_a_new_flag == {"", charlie.email}


def owners_on(page: Any) -> set[str]:
    return {email for email, _ in page.context["form"].fields["owner"].choices}


def test_everything_that_may_change_changes(browser: Browser, bob: User, checkout: Flag) -> None:
    changes = {
        "description": "One\r\npage",
        "tags": "a, b",
        "owner": bob.email,
        "is_permanent": "on",
        "client_visible": "",
        "metadata": '{"team": "pay"}',
        "variants_name": ["on", "off", "maybe"],
        "variants_value": ["true", "false", "true"],
        "comment": "tidy",
    }
    answer = browser(bob).post(SETTINGS, TYPED | changes)

    flag = Flag.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, SETTINGS)
    assert (flag.name, flag.description, flag.tags, flag.owner) == ("Checkout", "One\npage", ["a", "b"], bob)
    assert (flag.is_permanent, flag.client_visible, flag.metadata, flag.version) == (True, False, {"team": "pay"}, 2)
    assert list(flag.variants) == ["on", "off", "maybe"]


def test_saving_what_is_so_already_makes_no_version(browser: Browser, bob: User, checkout: Flag) -> None:
    client = browser(bob)

    client.post(SETTINGS, TYPED | {"name": checkout.name})

    assert Flag.objects.get().version == 1
    assert "Nothing was different." in client.get(SETTINGS).content.decode()


def test_a_conflict_keeps_both_and_mine_can_be_saved_over_theirs(
    browser: Browser, bob: User, checkout: Flag, as_ada: Actor
) -> None:
    services.edit_flag(checkout, {"name": "Ada's name"}, actor=as_ada, comment="better")

    conflict = browser(bob).post(SETTINGS, TYPED | {"name": "Bob's name"})
    page = conflict.content.decode()

    assert conflict.status_code == 422
    assert "You edited version 1; Ada saved version 2" in page
    assert 'value="Bob&#x27;s name"' in page
    assert '<p class="diff-line diff-added">Ada&#x27;s name</p>' in page
    assert '<input type="hidden" name="version" value="2"' in page
    assert "Save mine over theirs" in page

    browser(bob).post(SETTINGS, TYPED | {"name": "Bob's name", "version": "2"})

    assert Flag.objects.get().name == "Bob's name"


def test_a_variant_that_is_served_cannot_go(
    browser: Browser, bob: User, checkout: Flag, configured: Callable[..., FlagConfig]
) -> None:
    configured(checkout)

    answer = browser(bob).post(SETTINGS, TYPED | {"variants_name": ["on"], "variants_value": ["true"]})

    assert answer.status_code == 422
    assert "needed in development" in answer.content.decode()
    assert list(Flag.objects.get().variants) == ["on", "off"]


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"metadata": "{"}, "This cannot be read"),
        ({"metadata": '{"a": {}}'}, "metadata is flat"),
        ({"variants_value": ["yes", "no"]}, "write true or false, not “yes”"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_a_fault_stands_at_its_field(
    given: dict[str, Any], complaint: str, browser: Browser, bob: User, checkout: Flag
) -> None:
    answer = browser(bob).post(SETTINGS, TYPED | given)

    assert (answer.status_code, complaint in answer.content.decode()) == (422, True)
    assert Flag.objects.get().version == 1


def test_the_schema_is_a_field_of_json_flags_alone(
    browser: Browser, bob: User, a_flag: MakeFlag, checkout: Flag
) -> None:
    a_flag("theme", type="json", variants={"dark": {"dark": True}}, json_schema={"type": "object"})

    assert "JSON Schema" in browser(bob).get(f"{LIST}theme/settings/").content.decode()
    assert "JSON Schema" not in browser(bob).get(SETTINGS).content.decode()


def test_json_is_laid_out_and_says_where_it_stops_to_be_some(browser: Browser, bob: User, a_flag: MakeFlag) -> None:
    a_flag("theme", type="json", variants={"dark": {"dark": True}})
    client, settings = browser(bob), f"{LIST}theme/settings/"

    shown = client.get(settings).content.decode()
    typed = TYPED | {"name": "Theme", "variants_name": ["dark"], "variants_value": ['{"dark": true,\r\n "color": }']}
    refused = client.post(settings, typed)

    assert "data-json>\n{\n  &quot;dark&quot;: true\n}</textarea>" in shown
    assert "at line 2, column 11" in refused.content.decode()
    assert "&quot;color&quot;: }" in refused.content.decode()


@pytest.mark.parametrize(
    ("body", "editor"),
    [
        ({"type": "boolean"}, "<option selected>true</option><option>false</option></select>"),
        ({"type": "integer", "variants": {"few": 5}}, 'value="5" inputmode="numeric"'),
        ({"type": "double", "variants": {"few": 7.5}}, 'value="7.5" inputmode="decimal"'),
        ({"type": "string", "variants": {"few": "x"}}, 'spellcheck="false">\nx</textarea>'),
    ],
)
def test_each_type_has_an_editor_of_its_own(
    browser: Browser, bob: User, a_flag: MakeFlag, body: dict[str, Any], editor: str
) -> None:
    a_flag("flag", **body)

    assert editor in browser(bob).get(f"{LIST}flag/settings/").content.decode()


def test_what_was_typed_for_a_boolean_stays_to_be_put_right(browser: Browser, bob: User, checkout: Flag) -> None:
    answer = browser(bob).post(SETTINGS, TYPED | {"variants_value": ["yes", "false"]})

    assert ">\nyes</textarea>" in answer.content.decode()


def test_history_names_who_when_what_and_why(
    browser: Browser, bob: User, checkout: Flag, as_ada: Actor, ada: User
) -> None:
    services.edit_flag(checkout, {"owner": ada.email}, actor=as_ada, comment="she knows it")

    page = browser(bob).get(SETTINGS).content.decode()

    assert "<b>Ada</b> changed version 2" in page
    assert "“she knows it”" in page
    assert '<p class="diff-line diff-added">Ada</p>' in page


def test_viewer_reads_settings_and_changes_nothing(browser: Browser, vera: User, checkout: Flag) -> None:
    page = browser(vera).get(SETTINGS)
    doors = ("settings", "archive", "unarchive", "delete", "undelete")
    answers = [browser(vera).post(f"{LIST}checkout/{door}/", TYPED).status_code for door in doors]

    assert "It takes the role member to change a flag. You are viewer." in page.content.decode()
    assert 'name="name"' not in page.content.decode()
    assert answers == [403, 403, 403, 403, 404]
    assert Flag.objects.get().archived_at is None


def test_a_flag_is_archived_and_comes_back(browser: Browser, bob: User, checkout: Flag) -> None:
    client = browser(bob)

    client.post(f"{LIST}checkout/archive/")
    archived_at = Flag.objects.get().archived_at
    client.post(f"{LIST}checkout/unarchive/")

    assert archived_at is not None
    assert Flag.objects.get().archived_at is None
    assert "checkout is evaluated again" in client.get(LIST).content.decode()


def test_deleting_takes_the_key_typed_by_an_admin(browser: Browser, ada: User, bob: User, checkout: Flag) -> None:
    assert browser(bob).post(f"{LIST}checkout/delete/", {"key": "checkout"}).status_code == 403
    assert browser(ada).post(f"{LIST}checkout/delete/", {"key": "chekout"}).status_code == 422
    assert Flag.objects.exists()

    answer = browser(ada).post(f"{LIST}checkout/delete/", {"key": "checkout"})

    assert (answer.status_code, answer["Location"]) == (302, LIST)
    assert not Flag.objects.exists()


def test_a_deleted_flag_waits_on_its_page_and_comes_back(
    browser: Browser, ada: User, bob: User, checkout: Flag, system: Actor
) -> None:
    services.delete_flag(checkout, actor=system)

    waiting = browser(ada).get(DELETED).content.decode()
    refused = browser(bob).get(DELETED), browser(bob).post(f"{LIST}checkout/undelete/")
    answer = browser(ada).post(f"{LIST}checkout/undelete/")

    assert f'action="{LIST}checkout/undelete/"' in waiting
    assert [each.status_code for each in refused] == [403, 403]
    assert answer["Location"] == LIST
    assert Flag.objects.get() == checkout
    assert "Nothing was deleted" in browser(ada).get(DELETED).content.decode()


def test_a_prerequisite_of_others_says_who_needs_it(
    browser: Browser,
    ada: User,
    checkout: Flag,
    a_flag: MakeFlag,
    configured: Callable[..., FlagConfig],
    development: Environment,
) -> None:
    configured(a_flag("banner"), prerequisites={"flag": "checkout", "variants": ["on"]})

    answer = browser(ada).post(f"{LIST}checkout/archive/")

    assert answer.status_code == 409
    assert "banner (development)" in answer.content.decode()


def test_outsider_finds_no_settings(browser: Browser, charlie: User, globex: object, checkout: Flag) -> None:
    pages = [browser(charlie).get(SETTINGS), browser(charlie).post(SETTINGS, TYPED), browser(charlie).get(DELETED)]

    assert [page.status_code for page in pages] == [404, 404, 404]
