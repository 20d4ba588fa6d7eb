"""A whole database out and in again, on SQLite and on PostgreSQL."""

import io
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.utils import IntegrityError
from django.utils import timezone

from analytics.models import TelemetryBatch
from evaluation.manifest import fetch
from evaluation.models import ManifestHead
from flags import services as flag_services
from flags.models import Flag, FlagConfig, WatchedEvent
from flags.watching import following
from tenants import audit, heartbeats, outbox, outgoing_mail, services
from tenants.actors import Actor
from tenants.alerts import raising
from tenants.backups import files, loading, rows, schema
from tenants.backups.ciphering import Unusable
from tenants.backups.making import back_up
from tenants.backups.putting_back import put_back
from tenants.letters import Letter
from tenants.models import AuditEvent, BackupRun, Environment, Organization, Project, User, WebhookDelivery
from tenants.permissions import actor_of
from tenants.webhooks import announcing
from tests.tenants.backups.conftest import Contents

pytestmark = pytest.mark.django_db(transaction=True)

Read = Callable[..., Contents]


def test_every_row_of_every_table_comes_back_as_it_was(full: Flag, a_backup: io.BytesIO, contents: Read) -> None:
    before, numbers = contents(), rows.sequences("default")
    flag_services.edit_flag(full, {"name": "Another"}, actor=Actor.system())
    TelemetryBatch.objects.all().delete()

    header = files.check(a_backup)
    a_backup.seek(0)
    loading.load("default", files.read_pages(a_backup), expected=header.counts, sequences=header.sequences)

    assert contents() == before
    assert rows.sequences("default") == numbers
    assert all(audit.verify(chain).is_intact for chain in audit.chains())
    assert fetch.newest(ManifestHead.objects.get()).signature


def test_numbers_of_rows_that_are_gone_are_not_given_out_again(
    full: Flag, a_backup: io.BytesIO, acme: Organization
) -> None:
    restored(a_backup)

    batch = TelemetryBatch.objects.get()
    again = TelemetryBatch.objects.get(pk=batch.pk)
    again.pk, again.batch = None, "new"
    again.save(force_insert=True)

    assert again.pk > batch.pk + 1, "the number between was that of a batch that is gone"


def test_triggers_hold_again_after_a_restore(full: Flag, a_backup: io.BytesIO, production: Environment) -> None:
    restored(a_backup)
    config = FlagConfig.objects.get(flag=full, environment=production)

    config.prerequisites = {"flag": "b-child", "variants": ["on"]}
    with pytest.raises(IntegrityError, match="circle"):
        config.save(update_fields=["prerequisites"])


def test_versions_go_on_beyond_all_that_anybody_may_have_seen(
    full: Flag, a_backup: io.BytesIO, production: Environment
) -> None:
    now = int(timezone.now().timestamp())

    restored(a_backup)
    outbox.drain()

    head = ManifestHead.objects.get(environment=production)
    assert now <= head.version <= now + 60
    flag_services.toggle_flag(full, production, enabled=True, actor=Actor.system())
    outbox.drain()
    assert ManifestHead.objects.get(environment=production).version == head.version + 1


def test_what_was_done_is_in_the_audit_log_and_among_the_runs(a_backup: io.BytesIO) -> None:
    restored(a_backup)

    assert AuditEvent.objects.filter(verb="backup.restored").count() == 1
    assert BackupRun.objects.get(kind="restore").rows > 100
    assert all(audit.verify(chain).is_intact for chain in audit.chains())


@pytest.mark.parametrize("outgoing", [True, False])
def test_what_waited_is_sent_again_unless_somebody_wants_it_given_up(
    full: Flag, shop: Project, alice: User, as_alice: Actor, bob: User, outgoing: bool
) -> None:
    webhook, _ = services.create_webhook(scope=shop, name="CI", url="https://ci.example.com/", actor=as_alice)
    services.create_alert(scope=shop, name="Nights", actor=as_alice)
    flag_services.watch_flag(full, actor=actor_of(bob))
    flag_services.edit_flag(full, {"name": "Heard of"}, actor=as_alice)
    following.follow()
    services.test_webhook(webhook, actor=as_alice)
    outgoing_mail.post(Letter(subject="Hello", lead="There"), alice)
    flag_services.edit_flag(full, {"name": "Not heard of yet"}, actor=as_alice)
    file = io.BytesIO()
    back_up(file)
    file.seek(0)

    put_back(file, name="a backup", replaces=True, outgoing=outgoing)

    now = timezone.now()
    waits = [
        outgoing_mail.waiting().count(),
        WebhookDelivery.objects.filter(state="waiting").count(),
        WatchedEvent.objects.filter(told_at=None).count(),
        announcing.announce(now),
        raising.raise_alerts(now),
        following.follow(),
    ]
    assert [bool(each) for each in waits] == [outgoing] * 6, waits


def test_a_database_that_holds_something_is_replaced_only_by_force(
    a_backup: io.BytesIO, tmp_path: Path, contents: Read
) -> None:
    file = kept(a_backup, tmp_path)
    Project.objects.all().update(name="Another name")
    before = contents()

    with pytest.raises(CommandError, match=r"not empty .* --force"):
        call_command("restore", str(file), stdout=StringIO())
    heartbeats.say("x", "web", "host (7)", started_at=timezone.now(), now=timezone.now())
    with pytest.raises(CommandError, match=r"still runs .*host \(7\)"):
        call_command("restore", str(file), stdout=StringIO())
    heartbeats.say_goodbye("x")
    assert contents() == before

    told = StringIO()
    call_command("restore", str(file), "--force", stdout=told)
    assert "all counted" in told.getvalue()
    assert Project.objects.get().name == "Shop"


@pytest.mark.parametrize("fault", ["tampered", "short", "newer", "older", "lost"])
def test_what_cannot_be_restored_whole_changes_nothing(
    fault: str, a_backup: io.BytesIO, tmp_path: Path, contents: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, words = a_backup.getvalue(), {"tampered": "altered", "short": "cut off", "lost": "Not all rows arrived"}
    if fault == "lost":
        monkeypatch.setattr(loading, "_insert", lambda table, rows, using: None)
    elif fault in ("newer", "older"):
        names = {"newer": "0999_from_tomorrow", "older": "0001_users"}
        words[fault] = {"newer": "does not know", "older": "older schema: tenants at 0001_users"}[fault]
        monkeypatch.setattr("tenants.backups.schema.ours", lambda: {"tenants": names[fault]})
        file = io.BytesIO()
        back_up(file)
        content = file.getvalue()
        monkeypatch.undo()
    else:
        content = content[:-1] if fault == "short" else content[:-1] + bytes([content[-1] ^ 1])
    (tmp_path / "file").write_bytes(content)
    before = contents()

    with pytest.raises(CommandError, match=words[fault]):
        call_command("restore", str(tmp_path / "file"), "--force", stdout=StringIO())

    assert contents() == before
    assert not connection.in_atomic_block


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no file nowhere"):
        call_command("restore", "nowhere", stdout=StringIO())


def test_a_backup_while_others_write_is_of_one_moment_and_holds_nobody_up(full: Flag, shop: Project) -> None:
    """Also on SQLite, where a transaction of ours takes the lock of writers when it begins."""
    with rows.snapshot() as alias:
        count = rows.counts(alias)["flags_flag"]
        flag_services.create_flag(shop, {"key": "later"}, actor=Actor.system())

        pages = [page for name, page in rows.pages(alias) if name == "flags_flag"]
        assert sum(map(len, pages)) == count == Flag.objects.count() - 1


def test_a_database_of_another_schema_is_not_backed_up(full: Flag, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "unmigrated", lambda using: ["tenants.0099_x"])
    with pytest.raises(Unusable, match=r"lacks tenants.0099_x: run `manage.py migrate`"):
        back_up(io.BytesIO())


def test_the_command_writes_a_file_whose_keys_it_names(full: Flag, tmp_path: Path, settings: Any) -> None:
    told = StringIO()
    call_command("backup", "--to", str(tmp_path / "whole"), stdout=told)
    assert "FLAGFORGE_ENVELOPE_KEY" in told.getvalue()
    assert (tmp_path / "whole").stat().st_mode & 0o777 == 0o600

    settings.BACKUP_KEYS = (b"k" * 32,)
    call_command("backup", "--to", str(tmp_path), stdout=told)
    assert "FLAGFORGE_BACKUP_KEY" in told.getvalue()
    with pytest.raises(CommandError, match="there already"):
        call_command("backup", "--to", str(tmp_path / "whole"), stdout=told)
    assert [run.is_good for run in BackupRun.objects.order_by("started_at")] == [True, True, False]


def restored(file: io.BytesIO) -> None:
    put_back(file, name="a backup", replaces=True)


def kept(file: io.BytesIO, folder: Path) -> Path:
    path = folder / "file"
    path.write_bytes(file.getvalue())
    return path
