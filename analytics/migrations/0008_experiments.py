"""Metrics, experiments, who took part and what they did.

Metrics, groups and experiments are few. Of the others `analytics.experiments.forgetting` deletes every hour what is older than
FLAGFORGE_EXPERIMENT_DAYS (90), 5,000 rows at a time: an enrolment so long after its experiment stopped. Each takes some 250 bytes on
PostgreSQL, reckoned from its columns and indexes.
"""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import flags.models.flags
import flags.models.stored_json
import tenants.models.base


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0007_days_by_whoever_serves"),
        ("flags", "0003_prerequisite_walls"),
        ("tenants", "0016_stale_flags"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ExclusionGroup",
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
                (
                    "key",
                    models.CharField(
                        max_length=200,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Za-z0-9][A-Za-z0-9._~:-]{0,199}\\Z",
                                "Use 1 to 200 letters, digits and . _ ~ : - (no spaces), starting with a letter or digit.",
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=200, validators=[tenants.models.base.plain_text])),
                ("description", models.TextField(blank=True)),
                ("salt", models.CharField(default=flags.models.flags.new_salt, editable=False, max_length=100)),
                (
                    "holdout",
                    models.FloatField(
                        default=0.0,
                        help_text="Per cent, at most 3 decimals.",
                        validators=[
                            django.core.validators.MinValueValidator(0.0),
                            django.core.validators.MaxValueValidator(100.0),
                        ],
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.organization"
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exclusion_groups",
                        to="tenants.project",
                    ),
                ),
            ],
            options={
                "ordering": ["key"],
            },
        ),
        migrations.CreateModel(
            name="Experiment",
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
                (
                    "key",
                    models.CharField(
                        max_length=200,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Za-z0-9][A-Za-z0-9._~:-]{0,199}\\Z",
                                "Use 1 to 200 letters, digits and . _ ~ : - (no spaces), starting with a letter or digit.",
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=200, validators=[tenants.models.base.plain_text])),
                ("hypothesis", models.TextField(blank=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("running", "Running"),
                            ("stopped", "Stopped"),
                            ("concluded", "Concluded"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                (
                    "rule_id",
                    models.CharField(
                        blank=True,
                        help_text='The rule that splits; "" is what serves all whom no rule names.',
                        max_length=200,
                    ),
                ),
                ("control", models.CharField(max_length=200)),
                (
                    "weights",
                    models.JSONField(
                        decoder=flags.models.stored_json.StoredJson,
                        help_text="Variant → per cent of those who take part; together 100.",
                    ),
                ),
                (
                    "traffic",
                    models.FloatField(
                        default=100.0,
                        help_text="Per cent who take part.",
                        validators=[
                            django.core.validators.MinValueValidator(0.0),
                            django.core.validators.MaxValueValidator(100.0),
                        ],
                    ),
                ),
                ("primary_metric", models.CharField(blank=True, max_length=200)),
                (
                    "metrics",
                    models.JSONField(
                        blank=True,
                        decoder=flags.models.stored_json.StoredJson,
                        default=list,
                        help_text="Keys of those looked at besides.",
                    ),
                ),
                (
                    "guardrail_metrics",
                    models.JSONField(
                        blank=True,
                        decoder=flags.models.stored_json.StoredJson,
                        default=list,
                        help_text="Keys of those that must not get worse.",
                    ),
                ),
                (
                    "servers_only",
                    models.BooleanField(
                        default=False,
                        help_text="Whether what client keys tell, which anybody may make up, is left out.",
                    ),
                ),
                ("salt", models.CharField(blank=True, editable=False, max_length=100)),
                (
                    "homes",
                    models.JSONField(
                        decoder=flags.models.stored_json.StoredJson,
                        default=dict,
                        editable=False,
                        help_text="Variant → ranges of buckets that are its for good.",
                    ),
                ),
                (
                    "splits",
                    models.JSONField(
                        decoder=flags.models.stored_json.StoredJson,
                        default=list,
                        editable=False,
                        help_text="What was written into the flag, and when.",
                    ),
                ),
                ("started_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("stopped_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("concluded_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("winner", models.CharField(blank=True, editable=False, max_length=200)),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="experiments",
                        to="tenants.environment",
                    ),
                ),
                (
                    "flag",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="experiments", to="flags.flag"
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="experiments",
                        to="analytics.exclusiongroup",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.organization"
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="experiments", to="tenants.project"
                    ),
                ),
            ],
            options={
                "ordering": ["key"],
            },
        ),
        migrations.CreateModel(
            name="Enrolment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "subject",
                    models.BinaryField(help_text="A keyed hash (analytics.experiments.subjects).", max_length=16),
                ),
                ("variant", models.CharField(max_length=200)),
                ("first_at", models.DateTimeField()),
                ("switched_at", models.DateTimeField(blank=True, null=True)),
                (
                    "is_public",
                    models.BooleanField(help_text="Whether only client keys told of it, which anybody may have."),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.organization"
                    ),
                ),
                (
                    "experiment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="enrolments",
                        to="analytics.experiment",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HeldOut",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.BinaryField(help_text="As in an enrolment.", max_length=16)),
                ("seen_at", models.DateTimeField(db_index=True)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.environment"
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="analytics.exclusiongroup",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.organization"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "held out",
            },
        ),
        migrations.CreateModel(
            name="HistoricalExclusionGroup",
            fields=[
                (
                    "id",
                    models.CharField(db_index=True, default=tenants.models.base.new_id, editable=False, max_length=26),
                ),
                (
                    "key",
                    models.CharField(
                        max_length=200,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Za-z0-9][A-Za-z0-9._~:-]{0,199}\\Z",
                                "Use 1 to 200 letters, digits and . _ ~ : - (no spaces), starting with a letter or digit.",
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=200, validators=[tenants.models.base.plain_text])),
                ("description", models.TextField(blank=True)),
                ("salt", models.CharField(default=flags.models.flags.new_salt, editable=False, max_length=100)),
                (
                    "holdout",
                    models.FloatField(
                        default=0.0,
                        help_text="Per cent, at most 3 decimals.",
                        validators=[
                            django.core.validators.MinValueValidator(0.0),
                            django.core.validators.MaxValueValidator(100.0),
                        ],
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(blank=True, editable=False)),
                ("updated_at", models.DateTimeField(blank=True, editable=False)),
                ("history_change_reason", models.TextField(null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.organization",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.project",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical exclusion group",
                "verbose_name_plural": "historical exclusion groups",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalExperiment",
            fields=[
                (
                    "id",
                    models.CharField(db_index=True, default=tenants.models.base.new_id, editable=False, max_length=26),
                ),
                (
                    "key",
                    models.CharField(
                        max_length=200,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Za-z0-9][A-Za-z0-9._~:-]{0,199}\\Z",
                                "Use 1 to 200 letters, digits and . _ ~ : - (no spaces), starting with a letter or digit.",
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=200, validators=[tenants.models.base.plain_text])),
                ("hypothesis", models.TextField(blank=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("running", "Running"),
                            ("stopped", "Stopped"),
                            ("concluded", "Concluded"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                (
                    "rule_id",
                    models.CharField(
                        blank=True,
                        help_text='The rule that splits; "" is what serves all whom no rule names.',
                        max_length=200,
                    ),
                ),
                ("control", models.CharField(max_length=200)),
                (
                    "weights",
                    models.JSONField(
                        decoder=flags.models.stored_json.StoredJson,
                        help_text="Variant → per cent of those who take part; together 100.",
                    ),
                ),
                (
                    "traffic",
                    models.FloatField(
                        default=100.0,
                        help_text="Per cent who take part.",
                        validators=[
                            django.core.validators.MinValueValidator(0.0),
                            django.core.validators.MaxValueValidator(100.0),
                        ],
                    ),
                ),
                ("primary_metric", models.CharField(blank=True, max_length=200)),
                (
                    "metrics",
                    models.JSONField(
                        blank=True,
                        decoder=flags.models.stored_json.StoredJson,
                        default=list,
                        help_text="Keys of those looked at besides.",
                    ),
                ),
                (
                    "guardrail_metrics",
                    models.JSONField(
                        blank=True,
                        decoder=flags.models.stored_json.StoredJson,
                        default=list,
                        help_text="Keys of those that must not get worse.",
                    ),
                ),
                (
                    "servers_only",
                    models.BooleanField(
                        default=False,
                        help_text="Whether what client keys tell, which anybody may make up, is left out.",
                    ),
                ),
                ("salt", models.CharField(blank=True, editable=False, max_length=100)),
                (
                    "homes",
                    models.JSONField(
                        decoder=flags.models.stored_json.StoredJson,
                        default=dict,
                        editable=False,
                        help_text="Variant → ranges of buckets that are its for good.",
                    ),
                ),
                (
                    "splits",
                    models.JSONField(
                        decoder=flags.models.stored_json.StoredJson,
                        default=list,
                        editable=False,
                        help_text="What was written into the flag, and when.",
                    ),
                ),
                ("started_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("stopped_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("concluded_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("winner", models.CharField(blank=True, editable=False, max_length=200)),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(blank=True, editable=False)),
                ("updated_at", models.DateTimeField(blank=True, editable=False)),
                ("history_change_reason", models.TextField(null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.environment",
                    ),
                ),
                (
                    "flag",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="flags.flag",
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="analytics.exclusiongroup",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.organization",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.project",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical experiment",
                "verbose_name_plural": "historical experiments",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalMetric",
            fields=[
                (
                    "id",
                    models.CharField(db_index=True, default=tenants.models.base.new_id, editable=False, max_length=26),
                ),
                (
                    "key",
                    models.CharField(
                        max_length=200,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Za-z0-9][A-Za-z0-9._~:-]{0,199}\\Z",
                                "Use 1 to 200 letters, digits and . _ ~ : - (no spaces), starting with a letter or digit.",
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=200, validators=[tenants.models.base.plain_text])),
                ("description", models.TextField(blank=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("conversion", "Whether the event came at all"),
                            ("mean", "The sum of the event's values, of each subject"),
                            ("ratio", "The sum of one event's values by that of another's"),
                            ("quantile", "A quantile of the event's values"),
                        ],
                        max_length=10,
                    ),
                ),
                ("event", models.CharField(max_length=200, validators=[tenants.models.base.plain_text])),
                (
                    "denominator_event",
                    models.CharField(
                        blank=True,
                        help_text="Of a ratio: what its event is divided by.",
                        max_length=200,
                        validators=[tenants.models.base.plain_text],
                    ),
                ),
                (
                    "quantile",
                    models.FloatField(
                        blank=True,
                        help_text="0.5 to 0.99.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0.5),
                            django.core.validators.MaxValueValidator(0.99),
                        ],
                    ),
                ),
                (
                    "goal",
                    models.CharField(
                        choices=[("increase", "Increase"), ("decrease", "Decrease")], default="increase", max_length=10
                    ),
                ),
                (
                    "cap",
                    models.FloatField(
                        blank=True, help_text="What counts of one subject at most; empty: all of it.", null=True
                    ),
                ),
                (
                    "window_hours",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="So long after the first exposure events count; empty: until the experiment stops.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(8760),
                        ],
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(blank=True, editable=False)),
                ("updated_at", models.DateTimeField(blank=True, editable=False)),
                ("history_change_reason", models.TextField(null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.organization",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.project",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical metric",
                "verbose_name_plural": "historical metrics",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Metric",
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
                (
                    "key",
                    models.CharField(
                        max_length=200,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Za-z0-9][A-Za-z0-9._~:-]{0,199}\\Z",
                                "Use 1 to 200 letters, digits and . _ ~ : - (no spaces), starting with a letter or digit.",
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=200, validators=[tenants.models.base.plain_text])),
                ("description", models.TextField(blank=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("conversion", "Whether the event came at all"),
                            ("mean", "The sum of the event's values, of each subject"),
                            ("ratio", "The sum of one event's values by that of another's"),
                            ("quantile", "A quantile of the event's values"),
                        ],
                        max_length=10,
                    ),
                ),
                ("event", models.CharField(max_length=200, validators=[tenants.models.base.plain_text])),
                (
                    "denominator_event",
                    models.CharField(
                        blank=True,
                        help_text="Of a ratio: what its event is divided by.",
                        max_length=200,
                        validators=[tenants.models.base.plain_text],
                    ),
                ),
                (
                    "quantile",
                    models.FloatField(
                        blank=True,
                        help_text="0.5 to 0.99.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0.5),
                            django.core.validators.MaxValueValidator(0.99),
                        ],
                    ),
                ),
                (
                    "goal",
                    models.CharField(
                        choices=[("increase", "Increase"), ("decrease", "Decrease")], default="increase", max_length=10
                    ),
                ),
                (
                    "cap",
                    models.FloatField(
                        blank=True, help_text="What counts of one subject at most; empty: all of it.", null=True
                    ),
                ),
                (
                    "window_hours",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="So long after the first exposure events count; empty: until the experiment stops.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(8760),
                        ],
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.organization"
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="metrics", to="tenants.project"
                    ),
                ),
            ],
            options={
                "ordering": ["key"],
            },
        ),
        migrations.CreateModel(
            name="Outcome",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.CharField(max_length=200)),
                ("subject", models.BinaryField(help_text="As in an enrolment.", max_length=16)),
                ("at", models.DateTimeField(db_index=True)),
                ("value", models.FloatField(blank=True, null=True)),
                ("is_public", models.BooleanField(help_text="Whether a client key told of it.")),
                ("batch", models.BigIntegerField()),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "environment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.environment",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.organization"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="exclusiongroup",
            constraint=models.UniqueConstraint(
                models.F("project"),
                django.db.models.functions.text.Lower("key"),
                name="exclusion_group_key_unique_whatever_the_case",
            ),
        ),
        migrations.AddConstraint(
            model_name="experiment",
            constraint=models.UniqueConstraint(
                models.F("project"),
                django.db.models.functions.text.Lower("key"),
                name="experiment_key_unique_whatever_the_case",
            ),
        ),
        migrations.AddConstraint(
            model_name="experiment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "running")),
                fields=("flag", "environment", "rule_id"),
                name="experiment_runs_alone_on_its_rule",
            ),
        ),
        migrations.AddConstraint(
            model_name="enrolment",
            constraint=models.UniqueConstraint(fields=("experiment", "subject"), name="enrolment_once"),
        ),
        migrations.AddConstraint(
            model_name="heldout",
            constraint=models.UniqueConstraint(fields=("group", "environment", "subject"), name="held_out_once"),
        ),
        migrations.AddConstraint(
            model_name="metric",
            constraint=models.UniqueConstraint(
                models.F("project"),
                django.db.models.functions.text.Lower("key"),
                name="metric_key_unique_whatever_the_case",
            ),
        ),
        migrations.AddIndex(
            model_name="outcome",
            index=models.Index(fields=["environment", "event", "at"], name="outcome_by_event"),
        ),
        migrations.AddConstraint(
            model_name="outcome",
            constraint=models.UniqueConstraint(fields=("batch", "position"), name="outcome_once"),
        ),
    ]
