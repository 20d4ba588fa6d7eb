"""What is the same in all environments: changed in part, never the key or the type, and no variant that is needed."""

from collections.abc import Callable
from typing import Any

import pytest

from flags import services
from flags.models import Flag, FlagConfig
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, OutboxEvent
from tenants.problems import Conflict, Invalid


@pytest.fixture
def banner(a_flag: Callable[..., Flag]) -> Flag:
    return a_flag("banner", type="string", variants={"a": "A", "b": "B", "c": "C"})


def test_only_what_is_named_changes(banner: Flag, system: Actor) -> None:
    saved = services.edit_flag(banner, {"description": "On the first page"}, actor=system)

    assert saved.changed
    assert (saved.thing.description, saved.thing.name, saved.thing.version) == ("On the first page", "banner", 2)


def test_change_of_nothing_writes_nothing(banner: Flag, system: Actor) -> None:
    before = (AuditEvent.objects.count(), OutboxEvent.objects.count(), banner.history.count())

    saved = services.edit_flag(banner, {"key": "banner", "type": "string", "variants": banner.variants}, actor=system)

    assert (saved.changed, saved.thing.version) == (False, 1)
    assert (AuditEvent.objects.count(), OutboxEvent.objects.count(), banner.history.count()) == before


def test_true_is_not_one(a_flag: Callable[..., Flag], system: Actor) -> None:
    flag = a_flag("a", metadata={"n": 1})

    saved = services.edit_flag(flag, {"metadata": {"n": True}}, actor=system)

    assert saved.changed
    assert saved.thing.metadata == {"n": True}


@pytest.mark.parametrize(
    ("changes", "path", "message"),
    [
        ({"key": "other"}, "key", "never renamed"),
        ({"type": "boolean"}, "type", "fixed when a flag is made"),
        ({"variants": {"a": 1}}, "variants.a", "1 is not a string"),
        ({"variants": None}, "variants", "object of 1 to 100"),
        ({"names": "x"}, "names", 'did you mean "name"?'),
        ({"enabled": True}, "enabled", "unknown member"),
        ({"json_schema": {}}, "json_schema", "only a json flag"),
        ({"version": 2}, "version", "unknown member"),
    ],
)
def test_refusal_has_a_path(banner: Flag, system: Actor, changes: dict[str, Any], path: str, message: str) -> None:
    with pytest.raises(Invalid) as refused:
        services.edit_flag(banner, changes, actor=system)

    (fault,) = refused.value.faults
    assert fault.path == path
    assert message in fault.message


def test_schema_that_todays_variants_do_not_fit_is_refused(a_flag: Callable[..., Flag], system: Actor) -> None:
    theme = a_flag("theme", type="json", variants={"light": {"dark": False}})

    with pytest.raises(Invalid, match=r"variants\.light: 'accent' is a required property"):
        services.edit_flag(theme, {"json_schema": {"required": ["accent"]}}, actor=system)


def test_value_of_a_variant_may_change_while_it_is_served(
    banner: Flag, configured: Callable[..., FlagConfig], system: Actor
) -> None:
    configured(banner, fallthrough={"variant": "a"})

    saved = services.edit_flag(banner, {"variants": {**banner.variants, "a": "Z"}}, actor=system)

    assert saved.thing.variants["a"] == "Z"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"off": "c"}, "off"),
        ({"targets": [{"variant": "c", "values": ["u"]}]}, "targets[0].variant"),
        ({"rules": [{"serve": {"variant": "c"}}]}, "rules[0].serve.variant"),
        ({"rules": [{"serve": {"split": {"weights": {"a": 99, "c": 1}}}}]}, "rules[0].serve.split"),
        ({"rules": [{"serve": {"split": {"weights": {"a": 100, "c": 0}}}}]}, "rules[0].serve.split"),
        ({"fallthrough": {"variant": "c"}}, "fallthrough.variant"),
        ({"fallthrough": {"split": {"ranges": [["a", 0, 1], ["c", 1, 100000]]}}}, "fallthrough.split"),
    ],
)
def test_variant_that_a_state_names_cannot_go(
    banner: Flag, configured: Callable[..., FlagConfig], system: Actor, body: dict[str, Any], place: str
) -> None:
    configured(banner, **body)

    with pytest.raises(Invalid) as refused:
        services.edit_flag(banner, {"variants": {"a": "A", "b": "B"}}, actor=system)

    (fault,) = refused.value.faults
    assert fault.path == "variants.c"
    assert fault.message == f"needed in development at {place}; change that first"


def test_variant_that_a_dependent_flag_waits_for_cannot_go(
    banner: Flag, a_flag: Callable[..., Flag], configured: Callable[..., FlagConfig], system: Actor
) -> None:
    configured(a_flag("checkout"), prerequisites={"any": [{"flag": "banner", "variants": ["a", "c"]}]})

    with pytest.raises(Invalid) as refused:
        services.edit_flag(banner, {"variants": {"a": "A"}}, actor=system)

    (fault,) = refused.value.faults
    assert fault.path == "variants.c"
    assert fault.message == "needed in development by checkout at prerequisites.any[0].flag"


def test_variant_in_nobodys_way_can_go(banner: Flag, configured: Callable[..., FlagConfig], system: Actor) -> None:
    configured(banner, fallthrough={"variant": "a"})

    saved = services.edit_flag(banner, {"variants": {"a": "A"}}, actor=system)

    assert saved.thing.variants == {"a": "A"}


def test_somebody_who_saved_first_is_named(banner: Flag, as_bob: Actor, as_ada: Actor) -> None:
    services.edit_flag(banner, {"name": "Bob's"}, version=1, actor=as_bob)

    with pytest.raises(Conflict, match=r"You edited version 1; Bob saved version 2 at \d\d:\d\d\."):
        services.edit_flag(banner, {"name": "Ada's"}, version=1, actor=as_ada)


def test_version_that_never_was_is_a_conflict(banner: Flag, system: Actor) -> None:
    with pytest.raises(Conflict, match="You edited version 7, but the newest is 1"):
        services.edit_flag(banner, {"name": "x"}, version=7, actor=system)


def test_edit_is_told_everywhere_with_before_and_after(
    banner: Flag, development: Environment, production: Environment, system: Actor
) -> None:
    services.edit_flag(banner, {"name": "New"}, actor=system, comment="why not")

    event = AuditEvent.objects.get(verb="flag.edited")
    news = OutboxEvent.objects.filter(topic="flag.edited")
    assert (event.before["name"], event.after["name"], event.comment) == ("banner", "New", "why not")
    assert set(news.values_list("environment__key", flat=True)) == {"development", "production"}


def test_archived_flag_is_gone_for_clients_and_comes_back_as_it_was(
    banner: Flag, configured: Callable[..., FlagConfig], system: Actor
) -> None:
    configured(banner, fallthrough={"variant": "a"})

    archived = services.archive_flag(banner, actor=system)
    again = services.archive_flag(banner, actor=system)
    back = services.unarchive_flag(banner, actor=system)

    assert (archived.changed, again.changed, back.changed) == (True, False, True)
    assert back.thing.archived_at is None
    assert FlagConfig.objects.get().fallthrough == {"variant": "a"}


def test_deleted_flag_cannot_be_edited(banner: Flag, system: Actor) -> None:
    services.delete_flag(banner, actor=system)

    with pytest.raises(Flag.DoesNotExist):
        services.edit_flag(banner, {"name": "x"}, actor=system)
