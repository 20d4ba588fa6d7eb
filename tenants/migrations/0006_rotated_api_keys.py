"""Which key a key took the place of."""

from django.db import migrations, models
from django.db.models.deletion import DO_NOTHING, SET_NULL

REPLACED = {"to": "tenants.apikey", "null": True, "blank": True, "editable": False}


class Migration(migrations.Migration):
    dependencies = [("tenants", "0005_parked_outbox_events")]

    operations = [
        migrations.AddField(
            "apikey", "replaces", models.ForeignKey(**REPLACED, on_delete=SET_NULL, related_name="successors")
        ),
        migrations.AddField(
            "historicalapikey",
            "replaces",
            models.ForeignKey(**REPLACED, db_constraint=False, on_delete=DO_NOTHING, related_name="+"),
        ),
    ]
