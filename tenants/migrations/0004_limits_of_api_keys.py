"""What a key may use of one process: requests per second, a burst of them, streams at once. Empty: as much as it likes."""

from django.db import migrations, models

LIMITS = {"blank": True, "default": dict, "help_text": "What it may use of one process; empty: no limit."}


class Migration(migrations.Migration):
    dependencies = [("tenants", "0003_api_keys_by_name")]

    operations = [
        migrations.AddField("apikey", "limits", models.JSONField(**LIMITS)),
        migrations.AddField("historicalapikey", "limits", models.JSONField(**LIMITS)),
    ]
