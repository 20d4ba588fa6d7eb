from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0019_processes"),
    ]

    operations = [
        migrations.AddField(
            model_name="outboxevent",
            name="request_id",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Of the request that changed something; for logs.",
                max_length=64,
            ),
        ),
    ]
