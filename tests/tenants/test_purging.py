"""What is deleted goes for ever once its time is over: all that belongs to it, nothing else, and not before."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from analytics.models import TelemetryBatch
from evaluation.models import ManifestVersion
from flags import services as flag_services
from flags.models import Flag, FlagConfig, Segment
from tenants import audit, outbox, purging, services
from tenants.actors import Actor
from tenants.belongings import Belonging, belongings_of
from tenants.models import (
    AuditCheckpoint,
    AuditEvent,
    Environment,
    Organization,
    OutboxEvent,
    Project,
    Purge,
    PurgeStage,
)
from tenants.orphans import orphans
from tenants.permissions import roles_on
from tenants.problems import Conflict, Invalid
from tenants.purging import stages, working
from tests.conftest import AtOnce
from tests.contracts.test_every_model_is_walled import acme_has_everything  # noqa: F401  (a fixture)
from tests.tenants.purged import filled, make_overdue, rows_of

pytestmark = pytest.mark.django_db


def gone(organization: Organization) -> None:
    make_overdue(organization)
    purging.work()


@pytest.fixture
def neighbours(globex: Organization, system: Actor) -> Organization:
    bank = services.create_project(globex, key="bank", name="Bank", actor=system)
    live = services.create_environment(bank, key="live", name="Live", actor=system)
    flag = flag_services.create_flag(bank, {"key": "vault"}, actor=system).thing
    flag_services.toggle_flag(flag, live, enabled=True, actor=system)
    services.create_team(globex, key="tellers", name="Tellers", actor=system)
    outbox.drain()
    return globex


@pytest.mark.usefixtures("acme_has_everything")
def test_an_organization_goes_from_every_table(acme: Organization, neighbours: Organization, as_alice: Actor) -> None:
    full, others = rows_of(acme), rows_of(neighbours)
    assert {table for table, count in full.items() if not count} == set(), "the fixture makes no row here"
    services.delete_organization(acme, actor=as_alice)

    gone(acme)

    assert filled(acme) == set()
    assert rows_of(neighbours) == others
    assert list(orphans()) == []
    assert roles_on(acme) == {}
    assert Group.objects.count() == 1
    assert not Permission.objects.filter(codename__startswith="role_0").exists()
    assert not Organization.with_deleted.filter(slug="acme").exists()


def test_the_instance_remembers_that_an_organization_went_and_where_its_chain_ended(
    acme: Organization, as_alice: Actor
) -> None:
    services.delete_organization(acme, actor=as_alice)
    last = AuditEvent.with_deleted.filter(chain=acme.id).latest("position")

    gone(acme)

    told = AuditEvent.with_deleted.get(verb="organization.purged")
    assert (told.chain, told.object_id, told.object_name, told.before) == ("instance", acme.id, "Acme", {"key": "acme"})
    end = AuditCheckpoint.with_deleted.get(chain=acme.id)
    assert (end.kind, end.position, end.hash) == ("end", last.position, last.hash)
    assert audit.verify("instance").is_intact
    assert told.after["removed"]["tenants.Membership"] == 1


@pytest.fixture
def used(shop: Project, development: Environment, production: Environment, system: Actor) -> Flag:
    """A flag with a state in two environments, and a segment beside it."""
    flag: Flag = flag_services.create_flag(shop, {"key": "checkout"}, actor=system).thing
    for environment in (development, production):
        flag_services.toggle_flag(flag, environment, enabled=True, actor=system)
        services.create_api_key(kind="server", scope=environment, name="web", actor=system)
    flag_services.create_segment(shop, {"key": "staff"}, actor=system)
    outbox.drain()
    return flag


def test_a_project_goes_with_what_is_in_it_and_its_key_is_free(
    used: Flag, shop: Project, acme: Organization, as_ada: Actor
) -> None:
    other = services.create_project(acme, key="blog", name="Blog", actor=as_ada)
    services.delete_project(shop, actor=as_ada)
    make_overdue(shop)

    purging.work()

    assert list(Project.with_deleted.all()) == [other]
    for model in (Environment, Flag, FlagConfig, Segment, ManifestVersion):
        assert not model._base_manager.exists(), model
        if hasattr(model, "history"):
            assert not model.history.exists(), model
    assert list(orphans()) == []
    assert AuditEvent.objects.filter(verb="project.created", project_id=shop.id).exists()
    assert OutboxEvent.objects.filter(topic="project.purged", payload__key="shop").exists()
    services.create_project(acme, key="shop", name="Shop", actor=as_ada)


def test_an_environment_goes_and_its_sibling_stays(
    used: Flag, development: Environment, production: Environment, as_ada: Actor
) -> None:
    services.delete_environment(production, actor=as_ada)
    outbox.drain()
    make_overdue(production)

    purging.work()

    assert list(Environment.with_deleted.all()) == [development]
    for rows in (FlagConfig.with_deleted, FlagConfig.history, ManifestVersion.with_deleted):
        assert set(rows.values_list("environment_id", flat=True)) == {development.id}
    assert list(orphans()) == []
    assert flag_services.toggle_flag(used, development, enabled=False, actor=as_ada).changed


@pytest.mark.parametrize("kind", ["flag", "segment"])
def test_a_flag_or_segment_goes_and_its_key_is_free(kind: str, used: Flag, shop: Project, as_ada: Actor) -> None:
    thing = used if kind == "flag" else Segment.objects.get()
    delete = getattr(flag_services, f"delete_{kind}")
    create = getattr(flag_services, f"create_{kind}")
    delete(thing, actor=as_ada)
    with pytest.raises(Conflict, match="Undelete it"):
        create(shop, {"key": thing.key, "name": "Again"}, actor=as_ada)
    make_overdue(thing)

    purging.work()

    assert not type(thing).history.filter(id=thing.pk).exists()
    assert list(orphans()) == []
    assert create(shop, {"key": thing.key, "name": "Again"}, actor=as_ada).changed


def test_nothing_goes_before_its_time(used: Flag, as_ada: Actor) -> None:
    flag_services.delete_flag(used, actor=as_ada)
    make_overdue(used, days=29)

    purging.work()

    assert not Purge.with_deleted.exists()
    assert flag_services.undelete_flag(used, actor=as_ada).changed


def test_a_shorter_retention_holds_for_what_is_deleted_already(used: Flag, acme: Organization, as_alice: Actor) -> None:
    flag_services.delete_flag(used, actor=as_alice)
    make_overdue(used, days=8)
    services.set_retention(acme, days=7, actor=as_alice, comment="we are quick")

    purging.work()

    assert not Flag.with_deleted.exists()
    told = AuditEvent.objects.get(verb="organization.retention_set")
    assert (told.before, told.after, told.comment) == ({"retention_days": 30}, {"retention_days": 7}, "we are quick")


@pytest.mark.parametrize("days", [0, -1, 366, "soon", True, 2**40])
def test_a_retention_of_no_sense_is_refused(days: Any, acme: Organization, as_alice: Actor) -> None:
    with pytest.raises(Invalid, match="retention_days"):
        services.set_retention(acme, days=days, actor=as_alice)


@pytest.mark.parametrize("days", [-1, 29, 3651, "long", True])
def test_a_log_is_kept_for_a_month_at_least_or_for_ever(days: Any, acme: Organization, as_alice: Actor) -> None:
    with pytest.raises(Invalid, match="audit_days"):
        services.set_retention(acme, audit_days=days, actor=as_alice)


@pytest.fixture
def old_log(acme: Organization, shop: Project, as_alice: Actor) -> int:
    """Of an organization that keeps 60 days; how many entries it has."""
    services.set_retention(acme, audit_days=60, actor=as_alice)
    return AuditEvent.objects.filter(chain=acme.id).count()


def test_a_log_goes_by_the_policy_of_its_organization_and_the_rest_verifies(
    old_log: int, acme: Organization, neighbours: Organization
) -> None:
    in_61_days = timezone.now() + timedelta(days=61)
    theirs = rows_of(neighbours)

    assert purging.purge_logs(timezone.now()) == 0
    assert purging.purge_logs(in_61_days) == old_log

    (left,) = AuditEvent.objects.filter(chain=acme.id)
    assert (left.verb, left.actor_name) == ("audit.purged", "retention")
    assert audit.verify(acme.id).is_intact
    assert rows_of(neighbours) == theirs


def test_a_log_that_was_tampered_with_stays_whole(
    old_log: int, acme: Organization, caplog: pytest.LogCaptureFixture
) -> None:
    AuditEvent.objects.filter(verb="project.created").update(object_name="Another")

    assert purging.purge_logs(timezone.now() + timedelta(days=61)) == 0

    assert AuditEvent.objects.filter(chain=acme.id).count() == old_log
    assert "the audit log of acme is not purged" in caplog.text


def test_the_same_retention_again_writes_nothing(acme: Organization, as_alice: Actor) -> None:
    services.set_retention(acme, days=30, actor=as_alice)

    assert not AuditEvent.objects.filter(verb="organization.retention_set").exists()


def test_what_holds_it_takes_it_along(used: Flag, shop: Project, as_ada: Actor) -> None:
    flag_services.delete_flag(used, actor=as_ada)
    services.delete_project(shop, actor=as_ada)
    make_overdue(used)
    make_overdue(shop)

    purging.work()

    assert [purge.kind for purge in Purge.with_deleted.all()] == ["project"]


@pytest.fixture
def begun(used: Flag, as_alice: Actor) -> Purge:
    """A purge of the flag that somebody wanted at once, before the worker looked."""
    flag_services.delete_flag(used, actor=as_alice)
    return services.purge_now(used, confirm="checkout", actor=as_alice, comment="a mistake")


def test_an_owner_ends_at_once_what_is_deleted(begun: Purge, used: Flag) -> None:
    purging.work()

    assert not Flag.with_deleted.exists()
    begun.refresh_from_db()
    assert begun.finished_at is not None
    assert begun.is_at_once
    assert AuditEvent.objects.get(verb="flag.purge_begun").comment == "a mistake"
    assert AuditEvent.objects.get(verb="flag.purged").object_id == used.id


def test_what_is_being_purged_does_not_come_back(begun: Purge, used: Flag, as_alice: Actor) -> None:
    with pytest.raises(Conflict, match="is being purged"):
        flag_services.undelete_flag(used, actor=as_alice)


def test_the_key_must_be_typed(used: Flag, as_alice: Actor) -> None:
    flag_services.delete_flag(used, actor=as_alice)

    for typed in ("", "Checkout", "checkout "):
        with pytest.raises(Invalid, match="Write checkout to confirm"):
            services.purge_now(used, confirm=typed, actor=as_alice)

    assert not Purge.with_deleted.exists()


def test_what_lives_is_deleted_first(used: Flag, as_alice: Actor) -> None:
    with pytest.raises(Conflict, match="is not deleted"):
        services.purge_now(used, confirm="checkout", actor=as_alice)


def test_it_begins_once(begun: Purge, used: Flag, as_alice: Actor) -> None:
    with pytest.raises(Conflict, match="begun already"):
        services.purge_now(used, confirm="checkout", actor=as_alice)

    assert Purge.with_deleted.count() == 1


def test_a_purge_goes_a_few_rows_at_a_time_and_counts_them(
    used: Flag, production: Environment, as_ada: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "ROWS_AT_ONCE", 5)
    batches = [a_batch(production, str(number)) for number in range(12)]
    TelemetryBatch.with_deleted.bulk_create(batches)
    services.delete_environment(production, actor=as_ada)
    make_overdue(production)

    steps = purging.work()

    stage = PurgeStage.with_deleted.get(name="telemetry")
    assert stage.removed == {"analytics.TelemetryBatch": 12}
    assert steps > len(stages.stages_of(Environment)) + 1
    assert not TelemetryBatch.with_deleted.exists()


def a_batch(environment: Environment, name: str) -> TelemetryBatch:
    return TelemetryBatch(
        organization_id=environment.organization_id,
        environment=environment,
        batch=name,
        key_kind="server",
        received_at=timezone.now(),
        ended_at=timezone.now(),
        day=timezone.now().date(),
        content=b"",
    )


def test_what_comes_in_behind_its_stage_goes_as_well(used: Flag, production: Environment, as_ada: Actor) -> None:
    services.delete_environment(production, actor=as_ada)
    make_overdue(production)
    purging.begin_due(timezone.now())
    assert working._step(Purge.with_deleted.get().id)
    a_batch(production, "late").save()

    purging.work()

    assert not TelemetryBatch.with_deleted.exists()
    assert list(orphans()) == []


def leave_out(monkeypatch: pytest.MonkeyPatch, table: str) -> None:
    """Break the cascade: one table is not among those that belong to anything."""
    whole = belongings_of

    def broken(kind: Any) -> Any:
        return tuple(one for one in whole(kind) if one.model._meta.label != table)

    monkeypatch.setattr(stages, "belongings_of", broken)


def test_a_table_of_history_that_is_left_out_is_found_by_the_checker(
    used: Flag, as_ada: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_out(monkeypatch, "flags.HistoricalFlag")
    flag_services.delete_flag(used, actor=as_ada)
    make_overdue(used)

    purging.work()

    assert {str(orphan) for orphan in orphans()} == {
        f"flags.HistoricalFlag {row.pk}: there is no flags.Flag {used.id}" for row in Flag.history.all()
    }


@pytest.mark.django_db(transaction=True)
def test_a_table_with_rows_that_is_left_out_stops_the_stage_which_goes_on_when_it_can(
    used: Flag, as_alice: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag_services.delete_flag(used, actor=as_alice)
    make_overdue(used)
    with monkeypatch.context() as broken:
        leave_out(broken, "flags.FlagConfig")
        purging.work()
    purge = Purge.with_deleted.get()
    failed = purge.stages.get(done_at__isnull=True)
    assert (failed.name, failed.attempts) == ("itself", 1)
    assert failed.last_error.startswith("IntegrityError: ")
    assert timezone.now() < failed.not_before < timezone.now() + timedelta(seconds=6)
    assert purging.work() == 0
    assert Flag.with_deleted.exists()

    services.retry_purge(purge, actor=as_alice, comment="repaired")
    purging.work()

    assert not Flag.with_deleted.exists()
    purge.refresh_from_db()
    assert purge.finished_at is not None
    assert AuditEvent.objects.get(verb="purge.retried").comment == "repaired"


def test_trying_again_what_waits_for_nothing_writes_nothing(begun: Purge, as_alice: Actor) -> None:
    services.retry_purge(begun, actor=as_alice)

    assert not AuditEvent.objects.filter(verb="purge.retried").exists()


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_do_it_once(used: Flag, acme: Organization, as_alice: Actor, at_once: AtOnce) -> None:
    services.delete_organization(acme, actor=as_alice)
    make_overdue(acme)

    outcomes = at_once(*[purging.work] * 4)

    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)], outcomes
    purging.work()
    assert filled(acme) == set()
    assert AuditEvent.with_deleted.filter(verb="organization.purged").count() == 1


def test_purges_that_are_done_are_shown_for_a_month(begun: Purge) -> None:
    purging.work()
    now = timezone.now()

    assert purging.forget_finished(now + timedelta(days=29)) == 0
    purging.forget_finished(now + timedelta(days=31))

    assert not Purge.with_deleted.exists()
    assert not PurgeStage.with_deleted.exists()


@pytest.mark.postgresql
def test_a_purge_reaches_no_further_than_its_organization(
    begun: Purge, neighbours: Organization, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were a look-up wrong, row-level security would still keep the purge to its own."""
    theirs = rows_of(neighbours)
    monkeypatch.setattr(Belonging, "rows_of", lambda self, thing_id: self.model._base_manager.all())

    for _ in range(2):  # what is kept about staleness, then the flag's own
        working._step(begun.id)

    assert rows_of(acme)["flags.FlagConfig"] == 0
    assert rows_of(neighbours) == theirs
