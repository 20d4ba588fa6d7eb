"""A new flag: what may be left out, what it begins with, and what is refused with its path."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from flags import documents, selectors, services
from flags.models import Flag
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Organization, OutboxEvent, Project, User
from tenants.permissions import NotAllowed
from tenants.problems import Conflict, Fault, Invalid, TooMany


def test_key_is_enough_for_a_boolean_flag(shop: Project, system: Actor) -> None:
    flag = services.create_flag(shop, {"key": "checkout"}, actor=system).thing

    assert documents.flag_document(flag) == {
        "key": "checkout",
        "name": "checkout",
        "description": "",
        "type": "boolean",
        "variants": {"on": True, "off": False},
        "kind": "release",
        "tags": [],
        "owner": None,
        "is_permanent": False,
        "client_visible": True,
        "salt": flag.salt,
        "metadata": {},
        "json_schema": None,
        "version": 1,
        "archived_at": None,
    }


def test_visibility_is_said_at_creation_unless_it_was_chosen(shop: Project, system: Actor) -> None:
    said = services.create_flag(shop, {"key": "a"}, actor=system)
    chosen = services.create_flag(shop, {"key": "b", "client_visible": True}, actor=system)

    assert "client keys (browsers, phones) may ask for this flag" in said.warnings[0]
    assert chosen.warnings == ()


def test_every_member_of_the_document_is_kept(shop: Project, system: Actor, bob: User) -> None:
    body = {
        "key": "theme",
        "name": "Theme",
        "description": "Light\nor dark",
        "type": "json",
        "variants": {"light": {"dark": False}, "dark": {"dark": True}},
        "kind": "permission",
        "tags": ["frontend"],
        "owner": "bob@example.com",
        "is_permanent": True,
        "client_visible": False,
        "salt": "shared",
        "metadata": {"team": "web", "cost": 1.5, "hot": True},
        "json_schema": {"type": "object", "required": ["dark"]},
    }

    flag = services.create_flag(shop, body, actor=system).thing

    flag.refresh_from_db()
    assert documents.flag_document(flag) | body == documents.flag_document(flag)


def test_flag_begins_disabled_everywhere_without_a_row(checkout: Flag, development: Environment) -> None:
    state = selectors.state_of(checkout, development)

    assert state._state.adding
    assert documents.config_document(state) == {
        "enabled": False,
        "off": "off",
        "prerequisites": None,
        "targets": [],
        "rules": [],
        "fallthrough": {"variant": "on"},
        "version": 1,
        "updated_at": None,
        "updated_by": None,
    }


def test_flag_of_another_type_begins_with_the_codes_own_default(
    a_flag: Callable[..., Flag], development: Environment
) -> None:
    banner = a_flag("banner", type="string", variants={"on": "On!", "off": "Off!"})

    state = selectors.state_of(banner, development)

    assert (state.off_variant, state.fallthrough) == (None, None)


@pytest.mark.parametrize(
    ("changes", "path", "message"),
    [
        ({"nmae": "x"}, "nmae", 'did you mean "name"?'),
        ({"key": "no spaces"}, "key", "starts with a letter or a digit"),
        ({"key": ""}, "key", "starts with a letter or a digit"),
        ({"key": "x" * 201}, "key", "at most 200"),
        ({"key": 7}, "key", "7 is no key"),
        ({"name": " "}, "name", "must not be empty"),
        ({"name": "two\nlines"}, "name", "line breaks"),
        ({"name": "x" * 201}, "name", "at most 200 characters"),
        ({"name": None}, "name", "null is not a text"),
        ({"description": "a\0b"}, "description", "NUL"),
        ({"description": "\ud800"}, "description", "lone surrogate"),
        ({"type": "bool"}, "type", 'did you mean "boolean"?'),
        ({"type": ["json"]}, "type", "there is no type"),
        ({"variants": {}}, "variants", "1 to 100"),
        ({"variants": {"on": "yes"}}, "variants.on", '"yes" is not a boolean'),
        ({"variants": {"null": True}}, "variants.null", "null stands for the next rule"),
        ({"type": "string"}, "variants", "object of 1 to 100 names"),
        ({"type": "integer", "variants": {"a": 1.5}}, "variants.a", "not an integer"),
        ({"type": "integer", "variants": {"a": 2**53}}, "variants.a", "2^53-1"),
        ({"type": "double", "variants": {"a": float("inf")}}, "variants.a", "infinities"),
        ({"type": "json", "variants": {"a": "text"}}, "variants.a", "not a JSON object or array"),
        ({"kind": "releas"}, "kind", 'did you mean "release"?'),
        ({"tags": "a"}, "tags", "not a list"),
        ({"tags": ["a", 1]}, "tags[1]", "not a text"),
        ({"tags": ["a", "a"]}, "tags[1]", "in the list already"),
        ({"tags": ["x" * 51]}, "tags[0]", "at most 50 characters"),
        ({"tags": [str(n) for n in range(51)]}, "tags", "at most 50 texts"),
        ({"owner": "Bob"}, "owner", "not an e-mail address"),
        ({"owner": 7}, "owner", "not an e-mail address"),
        ({"owner": "charlie@example.com"}, "owner", "no member"),
        ({"client_visible": 1}, "client_visible", "1 is not true or false"),
        ({"metadata": {"a": {"b": 1}}}, "metadata.a", "metadata is flat"),
        ({"metadata": {"a": None}}, "metadata.a", "metadata is flat"),
        ({"metadata": {"rule": "r1"}}, "metadata.rule", "this name is taken"),
        ({"metadata": []}, "metadata", "an object"),
        ({"salt": ""}, "salt", "must not be empty"),
        ({"json_schema": {}}, "json_schema", "only a json flag has a schema"),
    ],
)
def test_refusal_has_a_path_and_says_what_is_allowed(
    shop: Project, system: Actor, charlie: User, changes: dict[str, Any], path: str, message: str
) -> None:
    with pytest.raises(Invalid) as refused:
        services.create_flag(shop, {"key": "checkout"} | changes, actor=system)

    (fault,) = refused.value.faults
    assert fault.path == path
    assert message in fault.message
    assert not Flag.objects.exists()


@pytest.mark.parametrize("body", [None, [], "checkout", 7])
def test_body_must_be_an_object(shop: Project, system: Actor, body: object) -> None:
    with pytest.raises(Invalid, match="is not an object"):
        services.create_flag(shop, body, actor=system)


def test_all_faults_come_at_once(shop: Project, system: Actor) -> None:
    body = {"name": "", "kind": "x", "variants": {"on": 1}}

    with pytest.raises(Invalid) as refused:
        services.create_flag(shop, body, actor=system)

    assert {fault.path for fault in refused.value.faults} == {"name", "kind", "variants.on", "key"}


def test_large_integer_and_array_are_warned_of(shop: Project, system: Actor) -> None:
    large = {"key": "a", "type": "integer", "variants": {"all": 2**31}, "client_visible": True}
    array = {"key": "b", "type": "json", "variants": {"list": [1]}, "client_visible": True}

    assert services.create_flag(shop, large, actor=system).warnings == (
        "variants.all: beyond 2^31-1; some clients hold integers in 32 bits.",
    )
    assert "OpenFeature" in services.create_flag(shop, array, actor=system).warnings[0]


@pytest.mark.parametrize("number", [10, 10.0, 1e16, 1e300, -0.0, 5e-324])
def test_double_stays_a_double_whatever_the_database_makes_of_it(a_flag: Callable[..., Flag], number: float) -> None:
    flag = a_flag("price", type="double", variants={"it": number})

    flag.refresh_from_db()
    value = documents.flag_document(flag)["variants"]["it"]
    assert (type(value), value) == (float, float(number))


def test_key_is_taken_whatever_the_case(checkout: Flag, shop: Project, system: Actor) -> None:
    with pytest.raises(Conflict, match='"Checkout" exists already'):
        services.create_flag(shop, {"key": "Checkout"}, actor=system)


def test_key_of_a_deleted_flag_stays_reserved(checkout: Flag, shop: Project, system: Actor) -> None:
    services.delete_flag(checkout, actor=system)

    with pytest.raises(Conflict, match="Undelete it"):
        services.create_flag(shop, {"key": "checkout"}, actor=system)


def test_another_project_may_use_the_key(checkout: Flag, acme: Organization, system: Actor) -> None:
    other = Project.objects.create(organization=acme, key="other", name="Other")

    flag = services.create_flag(other, {"key": "checkout"}, actor=system).thing

    assert flag.pk != checkout.pk


def test_organization_can_have_a_limit_of_its_own(
    checkout: Flag, acme: Organization, shop: Project, system: Actor
) -> None:
    Organization.objects.filter(pk=acme.pk).update(limits={"flags_per_project": 1})

    with pytest.raises(TooMany, match="Shop has 1 flags, which is all that Acme allows"):
        services.create_flag(shop, {"key": "another"}, actor=system)


def test_viewer_cannot_create_a_flag(shop: Project, as_vera: Actor) -> None:
    with pytest.raises(NotAllowed):
        services.create_flag(shop, {"key": "checkout"}, actor=as_vera)


def test_creation_is_told_in_history_audit_and_every_environment(
    shop: Project, development: Environment, production: Environment, as_bob: Actor
) -> None:
    OutboxEvent.objects.all().delete()

    flag = services.create_flag(shop, {"key": "checkout"}, actor=as_bob, comment="for the pilot").thing

    assert flag.history.get().history_change_reason == "for the pilot"
    assert flag.history.get().history_user == as_bob.user
    event = AuditEvent.objects.get(verb="flag.created")
    assert (event.actor_name, event.object_name, event.comment) == ("Bob", "checkout", "for the pilot")
    news = OutboxEvent.objects.filter(topic="flag.created").values_list("environment__key", "payload")
    payload = {"key": "checkout", "version": 1}
    assert dict(news) == {"development": payload, "production": payload}


def test_unusable_comment_is_refused_and_nothing_is_written(shop: Project, system: Actor) -> None:
    with pytest.raises(Invalid) as refused:
        services.create_flag(shop, {"key": "checkout"}, actor=system, comment="a\0b")

    assert refused.value.faults[0].path == "comment"
    assert not Flag.objects.exists()


def test_put_creates_and_then_changes_nothing(shop: Project, system: Actor) -> None:
    body = {"key": "banner", "type": "string", "variants": {"a": "A"}, "name": "Banner"}

    first = services.put_flag(shop, body, actor=system)
    again = services.put_flag(shop, body, actor=system)

    assert (first.changed, again.changed, again.thing.version) == (True, False, 1)


def test_put_gives_members_left_out_their_defaults(shop: Project, system: Actor) -> None:
    services.put_flag(shop, {"key": "a", "description": "long", "tags": ["x"]}, actor=system)

    flag = services.put_flag(shop, {"key": "a"}, actor=system).thing

    assert (flag.description, flag.tags) == ("", [])


def test_undelete_brings_all_back(checkout: Flag, system: Actor) -> None:
    services.delete_flag(checkout, actor=system)

    services.undelete_flag(checkout, actor=system)

    assert Flag.objects.get().key == "checkout"


def test_nothing_comes_back_after_the_retention(checkout: Flag, system: Actor) -> None:
    services.delete_flag(checkout, actor=system)
    Flag.with_deleted.update(deleted_at=timezone.now() - timedelta(days=31))

    with pytest.raises(Conflict, match="more than 30 days ago"):
        services.undelete_flag(checkout, actor=system)


def test_missing_key_is_a_fault(shop: Project, system: Actor) -> None:
    with pytest.raises(Invalid) as refused:
        services.create_flag(shop, {"name": "Nameless"}, actor=system)

    assert refused.value.faults == (Fault("key", "missing: every flag needs a key"),)


@pytest.mark.parametrize("key", [None, 7, ["a"], "a\0b", "\ud800"])
def test_put_of_what_is_no_key_is_refused(shop: Project, system: Actor, key: object) -> None:
    with pytest.raises(Invalid):
        services.put_flag(shop, {"key": key}, actor=system)
