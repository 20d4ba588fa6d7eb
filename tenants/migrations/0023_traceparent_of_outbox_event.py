from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0022_runtime_settings"),
    ]

    operations = [
        migrations.AddField(
            model_name="outboxevent",
            name="traceparent",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Where in a trace something was changed, as W3C writes it; empty without traces.",
                max_length=55,
            ),
        ),
    ]
