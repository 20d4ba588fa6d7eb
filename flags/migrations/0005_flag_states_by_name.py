"""What people read in the admin: "flag states", as the product calls them. No table changes."""

from django.db import migrations

HISTORY = {"get_latest_by": ("history_date", "history_id"), "ordering": ("-history_date", "-history_id")}
HISTORICAL = {"verbose_name": "historical flag state", "verbose_name_plural": "historical flag states"}


class Migration(migrations.Migration):
    dependencies = [("flags", "0004_killed_at")]

    operations = [
        migrations.AlterModelOptions(name="flagconfig", options={"verbose_name": "flag state"}),
        migrations.AlterModelOptions(name="historicalflagconfig", options=HISTORY | HISTORICAL),
    ]
