"""The keys that sign manifests."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("evaluation", "0001_first")]

    operations = [
        migrations.CreateModel(
            name="SigningKey",
            fields=[
                (
                    "kid",
                    models.CharField(
                        help_text="The public half's RFC 7638 thumbprint.",
                        max_length=43,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "sealed",
                    models.BinaryField(help_text="The private half, as AES-256-GCM made it: nonce, then text."),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
    ]
