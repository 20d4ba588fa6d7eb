"""The database refuses circular and too deep prerequisites even from whoever goes around the services."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models.signals import pre_migrate
from django.utils import timezone

from flags import services
from flags.models import Flag, FlagConfig
from tenants.actors import Actor
from tenants.models import Environment, Project
from tenants.problems import Invalid

Configured = Callable[..., FlagConfig]
REFUSED = "in a circle, or deeper than the project allows"


def needs(key: str) -> dict[str, Any]:
    return {"all": [{"any": [{"not": {"flag": key, "variants": ["on"]}}]}]}


@pytest.fixture
def a_raw_state(development: Environment) -> Callable[..., FlagConfig]:
    """Writes a state past the services, as a migration or a shell would."""

    def write(flag: Flag, prerequisites: Any, environment: Environment = development) -> FlagConfig:
        state: FlagConfig = FlagConfig.objects.create(
            organization=flag.organization, flag=flag, environment=environment, prerequisites=prerequisites
        )
        return state

    return write


def test_circle_of_two_is_refused_on_insert(a_flag: Callable[..., Flag], a_raw_state: Configured) -> None:
    a_raw_state(a_flag("a"), needs("b"))

    with pytest.raises(IntegrityError, match=REFUSED):
        a_raw_state(a_flag("b"), needs("a"))


def test_flag_that_needs_itself_is_refused(a_flag: Callable[..., Flag], a_raw_state: Configured) -> None:
    with pytest.raises(IntegrityError, match=REFUSED):
        a_raw_state(a_flag("a"), needs("a"))


def test_circle_is_refused_on_update(a_flag: Callable[..., Flag], a_raw_state: Configured, shop: Project) -> None:
    Project.objects.filter(pk=shop.pk).update(max_prerequisite_depth=10)
    a_raw_state(a_flag("a"), needs("b"))
    a_raw_state(a_flag("b"), needs("c"))
    last = a_raw_state(a_flag("c"), None)

    with pytest.raises(IntegrityError, match=REFUSED):
        FlagConfig.objects.filter(pk=last.pk).update(prerequisites=needs("a"))


def test_chain_up_to_the_depth_stands_and_one_more_step_is_refused(
    a_flag: Callable[..., Flag], a_raw_state: Configured, shop: Project
) -> None:
    Project.objects.filter(pk=shop.pk).update(max_prerequisite_depth=2)
    a_raw_state(a_flag("c"), needs("d"))
    a_raw_state(a_flag("b"), needs("c"))

    with pytest.raises(IntegrityError, match=REFUSED):
        a_raw_state(a_flag("a"), needs("b"))


def test_step_added_below_counts_as_much(a_flag: Callable[..., Flag], a_raw_state: Configured) -> None:
    a_raw_state(a_flag("a"), needs("b"))

    with pytest.raises(IntegrityError, match=REFUSED):
        a_raw_state(a_flag("b"), needs("c"))


def test_circle_through_a_flag_that_is_made_later_is_refused(
    a_flag: Callable[..., Flag], a_raw_state: Configured
) -> None:
    a_raw_state(a_flag("a"), needs("not-yet"))

    with pytest.raises(IntegrityError, match=REFUSED):
        a_raw_state(a_flag("not-yet"), needs("a"))


def test_environments_do_not_mix(a_flag: Callable[..., Flag], a_raw_state: Configured, production: Environment) -> None:
    a, b = a_flag("a"), a_flag("b")
    a_raw_state(a, needs("b"))

    state = a_raw_state(b, needs("a"), production)

    assert state.pk


def test_deleted_flag_does_not_count_until_it_comes_back(a_flag: Callable[..., Flag], a_raw_state: Configured) -> None:
    a, b = a_flag("a"), a_flag("b")
    a_raw_state(a, needs("b"))
    Flag.objects.filter(pk=a.pk).update(deleted_at=timezone.now())
    a_raw_state(b, needs("a"))

    with pytest.raises(IntegrityError, match=REFUSED):
        Flag.with_deleted.filter(pk=a.pk).update(deleted_at=None)


def test_depth_cannot_be_lowered_below_what_there_is(
    a_flag: Callable[..., Flag], a_raw_state: Configured, shop: Project
) -> None:
    Project.objects.filter(pk=shop.pk).update(max_prerequisite_depth=2)
    a_raw_state(a_flag("b"), needs("c"))
    a_raw_state(a_flag("a"), needs("b"))

    with pytest.raises(IntegrityError, match=REFUSED):
        Project.objects.filter(pk=shop.pk).update(max_prerequisite_depth=1)


def test_flag_is_never_renamed(checkout: Flag) -> None:
    with pytest.raises(IntegrityError, match="never changes"):
        Flag.objects.filter(pk=checkout.pk).update(key="till")


def test_value_that_only_looks_like_a_reference_is_none(a_flag: Callable[..., Flag], a_raw_state: Configured) -> None:
    a_raw_state(a_flag("a"), {"attribute": "flag", "op": "in", "values": ["a", "flag"]})

    state = a_raw_state(a_flag("b"), {"attribute": "x", "op": "in", "values": ["b"]})

    assert state.pk


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_two_connections_cannot_each_add_half_a_circle(
    a_flag: Callable[..., Flag], a_raw_state: Configured, development: Environment
) -> None:
    a, b = a_flag("a"), a_flag("b")
    both_wrote = threading.Barrier(2)
    outcomes: dict[str, str] = {}

    def write(flag: Flag, parent: str, waits: bool) -> None:
        try:
            with transaction.atomic():
                if waits:
                    both_wrote.wait(10)
                a_raw_state(flag, needs(parent))
                if not waits:
                    both_wrote.wait(10)  # written, not committed: now the other one tries
                    threading.Event().wait(0.5)
            outcomes[flag.key] = "saved"
        except IntegrityError as error:
            outcomes[flag.key] = str(error)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=write, args=(a, "b", False)),
        threading.Thread(target=write, args=(b, "a", True)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert outcomes["a"] == "saved"
    assert REFUSED in outcomes["b"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one isolation level")
def test_an_older_snapshot_may_not_write_prerequisites(checkout: Flag, a_raw_state: Configured) -> None:
    def write_at_repeatable_read() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            a_raw_state(checkout, needs("b"))

    with pytest.raises(IntegrityError, match="READ COMMITTED"):
        write_at_repeatable_read()


@pytest.mark.django_db(transaction=True)
def test_walls_stand_again_after_a_migration(a_flag: Callable[..., Flag], a_raw_state: Configured) -> None:
    call_command("migrate", verbosity=0)

    with pytest.raises(IntegrityError, match=REFUSED):
        a_raw_state(a_flag("a"), needs("a"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL alters tables in place")
def test_walls_are_down_while_tables_are_rebuilt(db: None) -> None:
    standing: list[int] = []
    a_later_app = apps.get_app_config("evaluation")

    def look(**_: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'flags_%'")
            standing.append(cursor.fetchone()[0])

    look()
    pre_migrate.connect(look, sender=a_later_app)
    try:
        call_command("migrate", verbosity=0)
    finally:
        pre_migrate.disconnect(look, sender=a_later_app)
    look()

    assert standing == [5, 0, 5]


def test_service_gives_the_friendly_answer_before_the_wall_does(
    a_flag: Callable[..., Flag], configured: Configured, system: Actor, development: Environment
) -> None:
    a, b = a_flag("a"), a_flag("b")
    configured(a, prerequisites=needs("b"))

    with pytest.raises(Invalid, match="b → a → b"):
        services.set_prerequisites(b, development, needs("a"), actor=system)
