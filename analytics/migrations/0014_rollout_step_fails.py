from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0013_guardrail_metrics"),
    ]

    operations = [
        migrations.AddField(
            model_name="rollout",
            name="is_step_failing",
            field=models.BooleanField(
                default=False, db_default=False, help_text="Whether what a look does failed, and not only the looking."
            ),
        ),
    ]
