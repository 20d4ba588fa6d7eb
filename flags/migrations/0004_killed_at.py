"""When the kill switch turned a flag off, so that lists say Killed and not just Off."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("flags", "0003_prerequisite_walls")]

    operations = [
        migrations.AddField(model_name=model, name="killed_at", field=models.DateTimeField(blank=True, null=True))
        for model in ("flagconfig", "historicalflagconfig")
    ]
