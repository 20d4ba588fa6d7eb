"""What people read in the admin: "API keys", not "Api keys". No table changes."""

from django.db import migrations

HISTORY = {"get_latest_by": ("history_date", "history_id"), "ordering": ("-history_date", "-history_id")}
HISTORICAL = {"verbose_name": "historical API key", "verbose_name_plural": "historical API keys"}


class Migration(migrations.Migration):
    dependencies = [("tenants", "0002_invitations_to_a_part")]

    operations = [
        migrations.AlterModelOptions(name="apikey", options={"verbose_name": "API key"}),
        migrations.AlterModelOptions(name="historicalapikey", options=HISTORY | HISTORICAL),
    ]
