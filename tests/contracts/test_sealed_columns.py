"""No sealed column is forgotten: what seals is declared, a fresh process knows it, and `manage.py secrets rotate` moves it."""

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core.management import call_command
from django.db import models
from django.utils import timezone

from analytics.guardrails.services import create_guardrail
from evaluation.manifest import sign
from flags.services import create_flag
from tenants import sealing, services
from tenants.actors import Actor
from tenants.audit import signing as audit_signing
from tenants.models import User, Webhook
from tenants.sealing import SealedColumn
from tenants.second_factors import SecondFactors
from tenants.webhooks import signing as webhook_signing

ROOT = Path(__file__).resolve().parents[2]
APPS = ("tenants", "flags", "evaluation", "analytics", "flagforge")
# What encrypts, wherever it comes from.
CIPHERS = ("cryptography.fernet", "cryptography.hazmat.primitives.ciphers", "nacl", "Crypto")
LISTING = "import django; django.setup(); from tenants import sealing as s; print(*(f'{c.model}.{c.field}' for c in s.columns()))"


def trees() -> Iterator[tuple[str, ast.AST]]:
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_one_module_encrypts_columns_and_another_the_files_of_backups() -> None:
    assert {file for file, tree in trees() if any(name.startswith(CIPHERS) for name in imported(tree))} == {
        "tenants/backups/ciphering.py",
        "tenants/sealing.py",
    }


def declared() -> set[str]:
    """The places that the source declares, as `app.Model.field`."""
    calls = [node for _, tree in trees() for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {
        ".".join(ast.literal_eval(argument) for argument in call.args)
        for call in calls
        if ast.unparse(call.func) == "sealing.declare"
    }


def test_a_fresh_process_knows_every_column_that_is_declared() -> None:
    listed = subprocess.run([sys.executable, "-c", LISTING], cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert listed.returncode == 0, listed.stderr
    assert set(listed.stdout.split()) == declared()


def a_second_factor(user: User) -> None:
    data = {name: SecondFactors().encrypt("x") for name in ("secret", "seed")}
    Authenticator.objects.create(user=user, type="totp", data=data)


def a_webhook(user: User) -> None:
    """With the secret of before, which holds beside its own for a while."""
    organization = services.create_organization(slug="acme", name="Acme", owner=user, actor=Actor.system())
    webhook = Webhook(organization=organization, name="Ours", url="https://example.com/")
    webhook_signing.rotate(webhook, "a secret", "another", timezone.now())
    webhook.save()


def a_guardrail(user: User) -> None:
    """That asks a Prometheus with a token."""
    system = Actor.system()
    globex = services.create_organization(slug="globex", name="Globex", owner=user, actor=system)
    shop = services.create_project(globex, key="shop", name="Shop", actor=system)
    live = services.create_environment(shop, key="live", name="Live", actor=system)
    flag = create_flag(shop, {"key": "checkout"}, actor=system).thing
    asked = {"name": "Latency", "source": "prometheus", "url": "https://prometheus.example.com", "query": "up"}
    create_guardrail(flag, live, {**asked, "budget": 1.0, "token": "secret"}, actor=system)


# How a row comes to be in each of them.
MAKERS: dict[str, Callable[[User], object]] = {
    "analytics.Guardrail.sealed_token": a_guardrail,
    "evaluation.SigningKey.sealed": lambda user: sign.rotate(),
    "mfa.Authenticator.data": a_second_factor,
    "tenants.AuditKey.sealed": lambda user: audit_signing.rotate(actor=Actor.system()),
    "tenants.Webhook.sealed_old_secret": a_webhook,
    "tenants.Webhook.sealed_secret": lambda user: None,  # the same row
}


def test_this_test_makes_a_row_for_each() -> None:
    assert {f"{column.model}.{column.field}" for column in sealing.columns()} == MAKERS.keys()


@pytest.mark.django_db
def test_after_a_rotation_no_table_holds_anything_that_the_old_key_sealed(alice: User, settings: Any) -> None:
    for make in MAKERS.values():
        make(alice)
    old, mark = settings.ENVELOPE_KEYS, f"{sealing.FORM}.{sealing.writing_key_id()}."
    assert {model for model, _ in cells_with(mark)} == {column.model for column in sealing.columns()}
    settings.ENVELOPE_KEYS = (b"the key of tomorrow, 32 bytes...", *old)

    call_command("secrets", "rotate", stdout=StringIO())

    assert list(cells_with(mark)) == []
    settings.ENVELOPE_KEYS = settings.ENVELOPE_KEYS[:1]
    assert all(opens(column) for column in sealing.columns())


def cells_with(mark: str) -> Iterator[tuple[str, str]]:
    """Wherever in the database a text of this beginning lies: model and field."""
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if isinstance(field, models.TextField | models.CharField | models.JSONField | models.BinaryField):
                held: Any = model._base_manager.values_list(field.attname, flat=True)
                if any(mark in str(value) for value in held):
                    yield model._meta.label, field.attname


def opens(column: SealedColumn) -> bool:
    for row in column.rows:
        value = getattr(row, column.field)
        for text in [value[name] for name in column.members] if column.members else [value]:
            column.unseal(text, row)
    return bool(column.rows)
