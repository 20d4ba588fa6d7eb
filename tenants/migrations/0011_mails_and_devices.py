"""Mails as rows, what people want to hear of, and the browsers that they are known by."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import tenants.models.base


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0010_audit_marks"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicaluser",
            name="hears_of_new_devices",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="historicaluser",
            name="hears_of_sign_ins",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="historicaluser",
            name="hears_of_sign_outs",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="user",
            name="hears_of_new_devices",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="user",
            name="hears_of_sign_ins",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="user",
            name="hears_of_sign_outs",
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name="KnownDevice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(help_text="Of what the cookie holds.", max_length=64)),
                ("first_seen_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "sha256"), name="known_device_once")],
            },
        ),
        migrations.CreateModel(
            name="Mail",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=tenants.models.base.new_id,
                        editable=False,
                        max_length=26,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("recipient", models.EmailField(max_length=254)),
                ("subject", models.CharField(max_length=254)),
                ("text", models.TextField()),
                ("html", models.TextField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "not_before",
                    models.DateTimeField(
                        default=django.utils.timezone.now, help_text="Also a lease: who sends it puts it off."
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("last_error", models.TextField(blank=True)),
                ("sent_at", models.DateTimeField(null=True)),
                ("given_up_at", models.DateTimeField(null=True)),
                ("disowned_at", models.DateTimeField(help_text='When "This was not me" was said.', null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.organization",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("given_up_at__isnull", True), ("sent_at__isnull", True)),
                        fields=["not_before"],
                        name="mail_waiting",
                    ),
                    models.Index(fields=["user", "created_at"], name="mail_of_user"),
                ],
            },
        ),
    ]
