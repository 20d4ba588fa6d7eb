"""When a key was found where it should not be, and whether that ends it."""

from django.db import migrations, models

LEAKED_AT = {
    "null": True,
    "blank": True,
    "editable": False,
    "help_text": "When somebody showed the whole key who should not have it.",
}
REVOKES = {"default": False, "help_text": "A key that was found where it should not be ends at once."}


class Migration(migrations.Migration):
    dependencies = [("tenants", "0008_mfa_policy")]

    operations = [
        *(
            migrations.AddField(name, "leaked_at", models.DateTimeField(**LEAKED_AT))
            for name in ("apikey", "historicalapikey")
        ),
        *(
            migrations.AddField(name, "revokes_leaked_keys", models.BooleanField(**REVOKES))
            for name in ("organization", "historicalorganization")
        ),
    ]
