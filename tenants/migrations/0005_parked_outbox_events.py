"""A row of the outbox that failed too often is parked: it is not tried again until somebody says so."""

from django.db import migrations, models

PARKED_AT = {"null": True, "help_text": "Since when it is not tried any more, for it failed too often."}


class Migration(migrations.Migration):
    dependencies = [("tenants", "0004_limits_of_api_keys")]

    operations = [migrations.AddField("outboxevent", "parked_at", models.DateTimeField(**PARKED_AT))]
