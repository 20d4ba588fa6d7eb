"""Marks on the ends of audit chains, checkpoints with the keys that sign them, and who did something apart from what."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

import tenants.models.base
from tenants.audit.heads import mark_of


def mark_heads(apps: Any, schema_editor: Any) -> None:
    """What is there when the marks begin is taken as it is."""
    for head in apps.get_model("tenants", "AuditHead").objects.all():
        head.mac = mark_of(head.chain, head.position, head.hash)
        head.save(update_fields=["mac"])


class Migration(migrations.Migration):
    dependencies = [("tenants", "0009_leaked_api_keys")]

    operations = [
        migrations.AlterField("auditevent", "object_id", models.CharField(max_length=64)),
        migrations.AddField(
            "auditevent",
            "person_nonce",
            models.CharField(blank=True, default="", help_text="Empty once it was erased who it was.", max_length=32),
            preserve_default=False,
        ),
        migrations.AddField(
            "auditevent",
            "person_hash",
            models.CharField(
                blank=True,
                default="",
                help_text="sha256(person_nonce‖who); empty before there were two parts.",
                max_length=64,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "audithead",
            "mac",
            models.CharField(
                blank=True, default="", help_text="Of all three, with a key that is not in the database.", max_length=64
            ),
            preserve_default=False,
        ),
        migrations.CreateModel(
            name="AuditKey",
            fields=[
                (
                    "kid",
                    models.CharField(
                        help_text="The public half's RFC 7638 thumbprint.",
                        max_length=43,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("sealed", models.TextField(help_text="The private half, sealed.")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="AuditCheckpoint",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=tenants.models.base.new_id,
                        editable=False,
                        max_length=26,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.organization",
                    ),
                ),
                ("chain", models.CharField(max_length=26)),
                ("position", models.PositiveBigIntegerField()),
                ("hash", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                (
                    "kind",
                    models.CharField(choices=[("head", "Head"), ("purge", "Purge"), ("end", "End")], max_length=10),
                ),
                ("kid", models.CharField(max_length=43)),
                ("signature", models.CharField(max_length=86)),
                ("stored_at", models.DateTimeField(help_text="When its file was written; null: not yet.", null=True)),
            ],
            options={
                "ordering": ["chain", "position"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("stored_at__isnull", True)),
                        fields=["id"],
                        name="audit_checkpoint_to_store",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("chain", "position", "kind"), name="audit_checkpoint_once")
                ],
            },
        ),
        migrations.RunPython(mark_heads, migrations.RunPython.noop),
    ]
