"""A database with something in every corner, and what it holds."""

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.utils import timezone

from analytics.models import TelemetryBatch
from evaluation.manifest import sign
from flags import services as flag_services
from flags.models import Flag
from tenants import outbox, services
from tenants.actors import Actor
from tenants.backups import rows
from tenants.backups.making import back_up
from tenants.models import BackupRun, Environment, Organization, Project, User

Contents = dict[str, list[Any]]


@pytest.fixture
def full(
    acme: Organization, globex: Organization, shop: Project, production: Environment, as_alice: Actor, bob: User
) -> Flag:
    """Two tenants, flags whose prerequisites come first, published manifests, keys, bytes, and numbers that are gone."""
    flag: Flag = flag_services.create_flag(shop, {"key": "b-child"}, actor=as_alice).thing
    flag_services.create_flag(
        shop, {"key": "a-parent", "type": "double", "variants": {"on": 1e15, "off": 0.5}}, actor=as_alice
    )
    flag_services.create_segment(shop, {"key": "insiders", "included": ["zoë", "𝔘"]}, actor=as_alice)
    needs = {"prerequisites": {"flag": "a-parent", "variants": ["on"]}}
    flag_services.put_config(flag, production, needs, actor=as_alice)
    services.create_api_key(kind="server", scope=production, name="Ours", actor=as_alice)
    services.create_team(acme, key="web", name="Web", actor=as_alice)
    batch = {"received_at": timezone.now(), "ended_at": timezone.now(), "day": date(2026, 1, 2), "key_kind": "server"}
    TelemetryBatch.objects.create(
        organization=acme, environment=production, batch="b-1", content=bytes(range(256)), **batch
    )
    TelemetryBatch.objects.create(
        organization=acme, environment=production, batch="gone", **batch, content=b""
    ).delete()
    sign.forget_everything()
    outbox.drain()
    return flag


@pytest.fixture
def contents() -> Callable[..., Contents]:
    """Every row of a database, but for what tells of backups themselves."""

    def read(using: str = "default", *besides: str) -> Contents:
        left_out = {BackupRun._meta.db_table, *besides}
        found: Contents = {table.name: [] for table in rows.tables() if table.name not in left_out}
        for name, page in rows.pages(using):
            if name in found:
                found[name] += page
        return found

    return read


@pytest.fixture
def a_backup(full: Flag) -> io.BytesIO:
    file = io.BytesIO()
    back_up(file)
    file.seek(0)
    return file
