from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0021_backup_runs"),
    ]

    operations = [
        migrations.CreateModel(
            name="RuntimeSetting",
            fields=[
                (
                    "name",
                    models.CharField(
                        help_text="One of those of tenants.runtime.", max_length=60, primary_key=True, serialize=False
                    ),
                ),
                ("value", models.JSONField()),
                (
                    "is_from_file",
                    models.BooleanField(default=False, help_text="Set by `manage.py settings apply`."),
                ),
                ("set_at", models.DateTimeField(auto_now=True)),
            ],
        ),
    ]
