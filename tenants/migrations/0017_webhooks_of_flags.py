from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0016_stale_flags"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalwebhook",
            name="flags",
            field=models.JSONField(blank=True, default=list, help_text="Keys of flags of its project."),
        ),
        migrations.AddField(
            model_name="historicalwebhook",
            name="tags",
            field=models.JSONField(blank=True, default=list, help_text="Tags of flags of its project."),
        ),
        migrations.AddField(
            model_name="webhook",
            name="flags",
            field=models.JSONField(blank=True, default=list, help_text="Keys of flags of its project."),
        ),
        migrations.AddField(
            model_name="webhook",
            name="tags",
            field=models.JSONField(blank=True, default=list, help_text="Tags of flags of its project."),
        ),
    ]
