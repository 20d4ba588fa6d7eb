"""The restore drill: it passes on what is whole, and names what differs."""

import io
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from evaluation.manifest import drill, sign
from evaluation.manifest.golden import golden_contexts
from evaluation.models import ManifestVersion
from flags import services
from flags.models import Flag, FlagConfig
from tenants import outbox
from tenants.actors import Actor
from tenants.models import BackupRun, Environment, Project

RULES = {
    "enabled": True,
    "rules": [{"if": {"attribute": "country", "op": "in", "values": ["LV", "IN"]}, "serve": {"variant": "on"}}],
    "fallthrough": {"variant": "off"},
}


@pytest.fixture
def live(shop: Project, production: Environment, tmp_path: Path, settings: Any) -> Flag:
    """A flag that some get, published; backups lie in a folder of the test's own."""
    options = {"location": str(tmp_path), "allow_overwrite": True}
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = settings.STORAGES | {"backups": {"BACKEND": backend, "OPTIONS": options}}
    flag: Flag = services.create_flag(shop, {"key": "checkout"}, actor=Actor.system()).thing
    services.put_config(flag, production, RULES, actor=Actor.system())
    sign.forget_everything()
    outbox.drain()
    return flag


def test_each_value_that_a_rule_asks_about_has_a_context() -> None:
    asked = [context for context in golden_contexts({"flags": {"a": RULES}}) if "country" in context]

    assert {context["country"] for context in asked} == {"IN", "LV"}
    assert golden_contexts({"flags": {}})[0] == {"targetingKey": "golden-0"}


@pytest.mark.django_db(transaction=True)
def test_a_backup_answers_as_what_is_live_even_after_a_change(live: Flag, production: Environment) -> None:
    call_command("backup", stdout=io.StringIO())
    services.toggle_flag(live, production, enabled=False, actor=Actor.system())
    outbox.drain()

    told = io.StringIO()
    call_command("drill", stdout=told)

    assert "all equal" in told.getvalue()
    run = BackupRun.objects.get(kind="drill")
    assert run.found["environments"] == 1
    assert run.found["answers"] == run.found["contexts"] == 22


@pytest.mark.django_db(transaction=True)
def test_rows_that_answer_otherwise_and_a_signature_that_is_not_ours_are_named(live: Flag) -> None:
    FlagConfig.objects.update(fallthrough={"variant": "on"})
    row: Any = ManifestVersion.objects.latest("version")
    broken = zlib.compress(zlib.decompress(row.content).replace(b'"format":1', b'"format": 1'))
    ManifestVersion.objects.filter(pk=row.pk).update(content=broken)
    call_command("backup", stdout=io.StringIO())

    with pytest.raises(CommandError, match=r"checkout for .* is True, and was False") as failed:
        call_command("drill", stdout=io.StringIO())

    assert "signature" in str(failed.value)
    assert not BackupRun.objects.get(kind="drill").is_good


@pytest.mark.django_db(transaction=True)
def test_without_a_backup_nothing_is_tried(live: Flag) -> None:
    assert not drill.drill_daily(live.created_at)
    assert not BackupRun.objects.exists()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.django_db(transaction=True)
def test_an_installation_of_a_thousand_flags_is_back_within_a_minute(
    live: Flag, filled_to: Callable[[int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Prints what docs/backups.md says of time."""
    filled_to(1_000)
    FlagConfig.objects.filter(version=1).update(**state_of(FlagConfig.objects.get(flag=live)))
    for environment in Environment.objects.all():
        outbox_of(environment)
    outbox.drain()
    began = time.monotonic()
    call_command("backup", stdout=io.StringIO())
    made, began = time.monotonic() - began, time.monotonic()
    run = BackupRun.objects.get()

    call_command("drill", stdout=io.StringIO())
    drilled, answers = time.monotonic() - began, BackupRun.objects.get(kind="drill").found["answers"]
    began = time.monotonic()
    call_command("restore", "latest", "--force", stdout=io.StringIO())
    back = time.monotonic() - began

    with capsys.disabled():
        sys.stdout.write(
            f"\n{run.rows:,} rows, {run.size:,} bytes: backup {made:.1f} s, restore {back:.1f} s, "
            f"drill of {answers:,} answers {drilled:.1f} s\n"
        )
    assert back < 60


def state_of(config: FlagConfig) -> dict[str, Any]:
    return {"rules": config.rules, "fallthrough": config.fallthrough, "off_variant": config.off_variant}


def outbox_of(environment: Environment) -> None:
    with transaction.atomic():
        outbox.put("environment.edited", environment)
