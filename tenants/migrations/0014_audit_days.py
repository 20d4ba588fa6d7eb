"""How long an organization keeps its audit log."""

from django.db import migrations, models

DAYS = {"default": 0, "help_text": "How long the audit log is kept; 0: for ever."}


class Migration(migrations.Migration):
    dependencies = [("tenants", "0013_webhooks")]

    operations = [
        migrations.AddField(name, "audit_days", models.PositiveIntegerField(**DAYS))
        for name in ("organization", "historicalorganization")
    ]
