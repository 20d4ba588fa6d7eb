"""The daily backup: made when it is due, kept by rules, and somebody hears when none succeeds."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tenants.backups import keeping, standing, watching
from tenants.backups.keeping import name_at
from tenants.models import BackupRun, Mail, User

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KEEP = {"daily": 7, "weekly": 4, "monthly": 6}


@pytest.fixture
def store(settings: Any, tmp_path: Path) -> Path:
    backend = "django.core.files.storage.FileSystemStorage"
    folder = {"BACKEND": backend, "OPTIONS": {"location": str(tmp_path), "allow_overwrite": True}}
    settings.STORAGES = settings.STORAGES | {"backups": folder}
    return tmp_path


def run(at: datetime, **fields: Any) -> BackupRun:
    found: BackupRun = BackupRun.objects.create(
        kind=fields.pop("kind", "backup"), name="x", started_at=at, seconds=1, found={"stored": True}, **fields
    )
    return found


def test_of_two_years_the_newest_of_days_weeks_and_months_stay() -> None:
    names = [name_at(NOON - number * 12 * HOUR) for number in range(2 * 730)]

    kept = sorted(keeping.wanted(names, KEEP), reverse=True)

    days = [keeping.moment_of(name).strftime("%y-%m-%d") for name in kept]
    assert days[:7] == ["26-03-04", "26-03-03", "26-03-02", "26-03-01", "26-02-28", "26-02-27", "26-02-26"]
    # Two Sundays, four ends of months.
    assert days[7:] == ["26-02-22", "26-02-15", "26-01-31", "25-12-31", "25-11-30", "25-10-31"], (
        "two Sundays, four ends of months"
    )
    assert keeping.wanted(names, dict.fromkeys(KEEP, 0)) == {names[0]}, "the newest stays in any case"
    assert keeping.wanted([], KEEP) == set()


@pytest.mark.django_db(transaction=True)
def test_one_is_made_a_day_and_what_no_rule_keeps_goes(store: Path, alice: User) -> None:
    (store / name_at(NOON - 999 * DAY)).write_bytes(b"old")
    (store / name_at(NOON - 998 * DAY)).write_bytes(b"older than all rules")
    (store / "not ours").write_bytes(b"")
    now = datetime.now(UTC)

    assert watching.keep_up(now)
    assert not watching.keep_up(now), "it is made already"
    assert standing.is_due(now + DAY)

    made = BackupRun.objects.get()
    assert made.name in keeping.kept()
    assert made.size == (store / made.name).stat().st_size
    assert (store / "not ours").exists()
    call_command("drill")
    assert BackupRun.objects.get(kind="drill").is_good


@pytest.mark.django_db(transaction=True)
def test_one_that_fails_is_tried_again_and_after_a_day_people_hear_of_it_once(
    store: Path, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = User.objects.create_superuser("root@example.com", "correct horse battery staple")
    monkeypatch.setattr(keeping, "keep", lambda *_: (_ for _ in ()).throw(OSError("the disk is full")))
    now = datetime.now(UTC)

    assert not watching.keep_up(now)
    assert standing.is_due(now)
    assert not Mail.objects.exists()
    BackupRun.objects.update(started_at=now - 27 * HOUR)
    for _ in range(2):
        watching.tell_of_late(now)

    mail = Mail.objects.get()
    assert (mail.user, mail.subject) == (root, "FlagForge: no backup for 27 hours")
    assert "the disk is full" in mail.text
    monkeypatch.undo()
    assert watching.keep_up(now)
    assert standing.standing(now).failed is None


@pytest.mark.django_db
def test_a_drill_that_fails_after_one_that_passed_is_told_of_once(alice: User) -> None:
    User.objects.create_superuser("root@example.com", "correct horse battery staple")
    run(NOON, kind="drill")
    failed = [run(NOON + number * DAY, kind="drill", error="acme/shop: other") for number in (1, 2)]

    assert [watching.tell_of_drill(each, NOON) for each in failed] == [1, 0]
    assert "acme/shop: other" in Mail.objects.get().text


@pytest.mark.django_db
def test_whoever_wants_none_has_none_and_is_not_told(settings: Any) -> None:
    run(NOON - 9 * DAY)
    assert standing.is_due(NOON)
    assert standing.standing(NOON).is_late

    settings.BACKUP_DAILY = False
    assert not standing.is_due(NOON)
    assert not standing.standing(NOON).is_late
