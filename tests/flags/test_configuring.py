"""What a flag does in one environment: whole bodies, parts of them, and what is refused with its path."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evaluation.core.canonical import canonical
from flags import documents, selectors, services
from flags.models import Flag, FlagConfig
from tenants import audit
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Organization, OutboxEvent
from tenants.problems import Conflict, Invalid, TooMany

IN_INDIA = {"attribute": "country", "op": "in", "values": ["IN"]}
WHOLE = {
    "enabled": True,
    "off": None,
    "prerequisites": None,
    "targets": [{"variant": "on", "values": ["user-7"]}],
    "rules": [{"id": "r1", "name": "India", "if": {"all": [IN_INDIA]}, "serve": {"variant": "on"}}],
    "fallthrough": {"split": {"by": "company", "weights": {"on": 10, "off": 90}}},
}


def test_whole_body_comes_back_with_ranges_beside_weights(
    checkout: Flag, development: Environment, as_bob: Actor
) -> None:
    saved = services.put_config(checkout, development, WHOLE, actor=as_bob)

    answer = documents.config_document(saved.thing)
    split = {"by": "company", "weights": {"on": 10, "off": 90}, "ranges": [["on", 0, 10000], ["off", 10000, 100000]]}
    assert answer == WHOLE | {
        "fallthrough": {"split": split},
        "version": 2,
        "updated_at": saved.thing.updated_at.isoformat().replace("+00:00", "Z"),
        "updated_by": "Bob",
    }


def test_what_was_read_can_be_put_back_without_change(checkout: Flag, development: Environment, system: Actor) -> None:
    services.put_config(checkout, development, WHOLE, actor=system)
    before = (AuditEvent.objects.count(), OutboxEvent.objects.count(), FlagConfig.history.count())

    again = services.put_config(
        checkout, development, documents.config_body(selectors.state_of(checkout, development)), actor=system
    )

    assert (again.changed, again.thing.version) == (False, 2)
    assert (AuditEvent.objects.count(), OutboxEvent.objects.count(), FlagConfig.history.count()) == before


def test_same_body_again_changes_nothing_even_with_a_fresh_salt(
    checkout: Flag, development: Environment, system: Actor
) -> None:
    body = {"enabled": True, "rules": [{"serve": {"split": {"weights": {"on": 20, "null": 80}}}}]}
    services.put_config(checkout, development, body, actor=system)

    again = services.put_config(checkout, development, body, actor=system)

    assert not again.changed


def test_default_state_put_where_nobody_was_makes_no_row(
    checkout: Flag, development: Environment, system: Actor
) -> None:
    saved = services.put_config(checkout, development, {}, actor=system)

    assert (saved.changed, saved.thing.version) == (False, 1)
    assert not FlagConfig.objects.exists()


def test_members_left_out_take_the_default_state(checkout: Flag, development: Environment, system: Actor) -> None:
    services.put_config(checkout, development, WHOLE, actor=system)

    saved = services.put_config(checkout, development, {"enabled": True}, actor=system)

    assert documents.config_body(saved.thing) == documents.default_state(checkout) | {"enabled": True}


def test_parts_leave_the_rest_alone(checkout: Flag, development: Environment, system: Actor) -> None:
    services.put_config(checkout, development, WHOLE, actor=system)
    everybody = [{"id": "all", "serve": {"variant": "off"}}]

    services.set_rules(checkout, development, everybody, actor=system)
    services.set_targets(checkout, development, [], actor=system)
    saved = services.set_prerequisites(checkout, development, None, actor=system)

    assert documents.config_body(saved.thing) == WHOLE | {"rules": everybody, "targets": []}


def test_operators_get_their_own_names(checkout: Flag, configured: Callable[..., FlagConfig]) -> None:
    alias = {"attribute": "country", "op": "EQUALS", "values": ["IN"]}

    config = configured(checkout, rules=[{"if": alias, "serve": {"variant": "on"}}])

    assert config.rules == [{"id": "r1", "if": IN_INDIA, "serve": {"variant": "on"}}]


@pytest.mark.parametrize(
    ("body", "path", "message"),
    [
        ({"enable": True}, "enable", 'did you mean "enabled"?'),
        ({"enabled": "yes"}, "enabled", "not true or false"),
        ({"off": "blue"}, "off", 'no variant "blue"; allowed are on, off'),
        ({"fallthrough": {"variant": "onn"}}, "fallthrough.variant", 'did you mean "on"?'),
        ({"fallthrough": {"split": {"weights": {"on": 50}}}}, "fallthrough.split.weights", "add up to 50 %"),
        (
            {"fallthrough": {"split": {"weights": {"on": 50, "null": 50}}}},
            "fallthrough.split.weights.null",
            "no next rule",
        ),
        (
            {"rules": [{"if": {"all": [{"attribute": "a", "op": "equls", "values": []}]}, "serve": {"variant": "on"}}]},
            "rules[0].if.all[0].op",
            "equls",
        ),
        ({"rules": [{"if": {"any": []}, "serve": {"variant": "on"}}]}, "rules[0].if.any", ""),
        ({"rules": [{"if": IN_INDIA}]}, "rules[0]", '"serve" is missing'),
        ({"rules": [{"if": {"segment": "nobody"}, "serve": {"variant": "on"}}]}, "rules[0].if.segment", "no segment"),
        (
            {"rules": [{"if": {"flag": "a", "variants": ["on"]}, "serve": {"variant": "on"}}]},
            "rules[0].if.flag",
            "only prerequisites",
        ),
        ({"targets": [{"variant": "on", "values": [1.5]}]}, "targets[0].values[0]", "not a targeting key"),
        ({"targets": [{"variant": "blue", "values": []}]}, "targets[0].variant", "blue"),
        ({"prerequisites": {"flag": "a", "variants": []}}, "prerequisites.variants", ""),
        ({"rules": [{"name": "a\0", "serve": {"variant": "on"}}]}, "rules[0].name", "NUL"),
        ({"version": 2}, "version", "unknown member"),
    ],
)
def test_refusal_has_a_path_and_nothing_is_written(
    checkout: Flag, development: Environment, system: Actor, body: dict[str, Any], path: str, message: str
) -> None:
    with pytest.raises(Invalid) as refused:
        services.put_config(checkout, development, body, actor=system)

    (fault,) = refused.value.faults
    assert fault.path == path
    assert message in fault.message
    assert not FlagConfig.objects.exists()


@pytest.mark.parametrize("body", [None, [], "on", 7])
def test_body_must_be_an_object(checkout: Flag, development: Environment, system: Actor, body: object) -> None:
    with pytest.raises(Invalid, match="is not an object"):
        services.put_config(checkout, development, body, actor=system)


def test_archived_flag_is_not_configured(checkout: Flag, development: Environment, system: Actor) -> None:
    services.archive_flag(checkout, actor=system)

    with pytest.raises(Conflict, match="checkout is archived; unarchive it first"):
        services.put_config(checkout, development, WHOLE, actor=system)


def test_environment_of_another_project_is_a_mistake_of_the_caller(
    checkout: Flag, globex: Organization, system: Actor
) -> None:
    project = globex.projects.create(organization=globex, key="other", name="Other")
    elsewhere = Environment.objects.create(organization=globex, project=project, key="e", name="E")

    with pytest.raises(ValueError, match="different projects"):
        services.put_config(checkout, elsewhere, WHOLE, actor=system)


@pytest.mark.parametrize(
    ("limit", "body"),
    [
        ("targets_per_flag", {"targets": [{"variant": "on", "values": ["a", "b", "c"]}]}),
        ("rules_per_flag", {"rules": [{"serve": {"variant": "on"}}] * 3}),
    ],
)
def test_organization_can_have_limits_of_its_own(
    checkout: Flag, acme: Organization, development: Environment, system: Actor, limit: str, body: dict[str, Any]
) -> None:
    Organization.objects.filter(pk=acme.pk).update(limits={limit: 2})

    with pytest.raises(TooMany, match="Acme allows 2 in one flag"):
        services.put_config(checkout, development, body, actor=system)


def test_change_is_told_with_before_and_after_to_its_environment_alone(
    checkout: Flag, development: Environment, production: Environment, as_bob: Actor
) -> None:
    OutboxEvent.objects.all().delete()

    services.put_config(checkout, development, WHOLE, actor=as_bob, comment="Karnataka pilot went well")

    event = AuditEvent.objects.get(verb="flag.configured")
    assert (event.before["enabled"], event.after["enabled"], event.comment) == (
        False,
        True,
        "Karnataka pilot went well",
    )
    assert (event.before["version"], event.after["version"]) == (1, 2)
    (news,) = OutboxEvent.objects.all()
    assert (news.environment, news.topic, news.payload) == (
        development,
        "flag.configured",
        {"key": "checkout", "version": 2},
    )


def test_history_holds_the_default_state_as_version_1(checkout: Flag, development: Environment, as_bob: Actor) -> None:
    services.put_config(checkout, development, WHOLE, actor=as_bob, comment="first")

    rows = FlagConfig.history.order_by("history_id").values_list("version", "enabled", "history_change_reason")
    assert list(rows) == [(1, False, "the default state"), (2, True, "first")]


def test_fault_in_the_middle_leaves_nothing_half_written(
    checkout: Flag, development: Environment, system: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*args: Any, **named: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(audit, "record", full_disk)
    with pytest.raises(OSError, match="disk full"):
        services.put_config(checkout, development, WHOLE, actor=system)

    assert not FlagConfig.objects.exists()
    assert not FlagConfig.history.exists()


def test_number_of_queries_does_not_grow_with_the_project(
    checkout: Flag,
    a_flag: Callable[..., Flag],
    configured: Callable[..., FlagConfig],
    development: Environment,
    system: Actor,
) -> None:
    def queries_of_a_change(off: str | None) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert services.put_config(checkout, development, WHOLE | {"off": off}, actor=system).changed
        return len(queries)

    services.put_config(checkout, development, WHOLE, actor=system)
    alone = queries_of_a_change("off")
    for n in range(10):
        configured(a_flag(f"f{n}"), prerequisites={"flag": "checkout", "variants": ["on"]})

    assert queries_of_a_change("on") == alone


def test_number_beyond_2_53_in_metadata_stays_a_double(a_flag: Callable[..., Flag], development: Environment) -> None:
    a_flag("a", metadata={"big": 1e16, "huge": 1e300, "large": 2**53 - 1})

    ((row, config),) = selectors.flag_states(development)

    assert {name: type(value) for name, value in row.metadata.items()} == {"big": float, "huge": float, "large": int}
    assert b'"big":10000000000000000,"huge":1e+300' in canonical(documents.manifest_flag(row, config))
