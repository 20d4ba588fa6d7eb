"""Signing keys are sealed as text, which names the envelope key; those from before name none."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from django.db import migrations, models


def to_text(apps, schema_editor):
    for row in apps.get_model("evaluation", "SigningKey").objects.all():
        row.sealed = urlsafe_b64encode(bytes(row.sealed_bytes)).decode()
        row.save(update_fields=["sealed"])


def to_bytes(apps, schema_editor):
    """The nonce and the text after it; which key that takes has to be the only one then."""
    for row in apps.get_model("evaluation", "SigningKey").objects.all():
        row.sealed_bytes = urlsafe_b64decode(row.sealed.rpartition(".")[2])
        row.save(update_fields=["sealed_bytes"])


class Migration(migrations.Migration):
    dependencies = [("evaluation", "0003_convergence")]

    operations = [
        migrations.RenameField("signingkey", "sealed", "sealed_bytes"),
        migrations.AddField("signingkey", "sealed", models.TextField(default="")),
        migrations.AlterField("signingkey", "sealed_bytes", models.BinaryField(default=b"")),
        migrations.RunPython(to_text, to_bytes),
        migrations.RemoveField("signingkey", "sealed_bytes"),
        migrations.AlterField(
            "signingkey",
            "sealed",
            models.TextField(help_text="The private half, as `tenants.sealing` made it."),
        ),
    ]
