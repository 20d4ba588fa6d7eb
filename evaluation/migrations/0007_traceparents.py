from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("evaluation", "0006_snapshots"),
    ]

    operations = [
        migrations.AddField(
            model_name="manifestversion",
            name="traceparent",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Where in a trace it was published, as W3C writes it; empty without traces.",
                max_length=55,
            ),
        ),
    ]
