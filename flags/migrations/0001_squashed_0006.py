"""All tables."""

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
    replaces = [
        ("flags", "0001_first"),
        ("flags", "0002_first"),
        ("flags", "0004_killed_at"),
        ("flags", "0005_flag_states_by_name"),
        ("flags", "0006_triggers"),
    ]

    initial = True

    dependencies = [
        ("tenants", "0002_squashed_0015"),
        ("tenants", "0002_squashed_0015"),
    ]

    operations = [
        migrations.CreateModel(
            name="Flag",
            fields=[
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
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
                ("name", models.CharField(max_length=200)),
                ("description", models.TextField(blank=True)),
                (
                    "value_type",
                    models.CharField(
                        choices=[
                            ("boolean", "Boolean"),
                            ("string", "String"),
                            ("integer", "Integer"),
                            ("double", "Double"),
                            ("json", "Json"),
                        ],
                        default="boolean",
                        max_length=10,
                    ),
                ),
                (
                    "variants",
                    models.JSONField(decoder=flags.models.stored_json.StoredJson, help_text="Variant name → value."),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("release", "Release"),
                            ("experiment", "Experiment"),
                            ("operational", "Operational"),
                            ("kill-switch", "Kill Switch"),
                            ("permission", "Permission"),
                        ],
                        default="release",
                        max_length=20,
                    ),
                ),
                ("tags", models.JSONField(blank=True, decoder=flags.models.stored_json.StoredJson, default=list)),
                ("is_permanent", models.BooleanField(default=False)),
                (
                    "client_visible",
                    models.BooleanField(
                        default=True,
                        help_text="Whether client keys (browsers, phones) may ask for it; without, they get FLAG_NOT_FOUND.",
                    ),
                ),
                ("salt", models.CharField(default=flags.models.flags.new_salt, max_length=100)),
                ("metadata", models.JSONField(blank=True, decoder=flags.models.stored_json.StoredJson, default=dict)),
                ("json_schema", models.JSONField(blank=True, decoder=flags.models.stored_json.StoredJson, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "deleted_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="flags", to="tenants.organization"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="flags", to="tenants.project"
                    ),
                ),
            ],
            options={
                "ordering": ["key"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("project"),
                        django.db.models.functions.text.Lower("key"),
                        name="flag_key_unique_whatever_the_case",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FlagConfig",
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
                ("enabled", models.BooleanField(default=False)),
                ("targets", models.JSONField(blank=True, decoder=flags.models.stored_json.StoredJson, default=list)),
                ("rules", models.JSONField(blank=True, decoder=flags.models.stored_json.StoredJson, default=list)),
                ("fallthrough", models.JSONField(blank=True, decoder=flags.models.stored_json.StoredJson, null=True)),
                ("off_variant", models.CharField(blank=True, max_length=200, null=True)),
                ("prerequisites", models.JSONField(blank=True, decoder=flags.models.stored_json.StoredJson, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("updated_by_name", models.CharField(blank=True, max_length=254)),
                ("killed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="configs", to="tenants.environment"
                    ),
                ),
                (
                    "flag",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="configs", to="flags.flag"
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
                "verbose_name": "flag state",
                "constraints": [models.UniqueConstraint(fields=("flag", "environment"), name="flag_config_once")],
            },
        ),
        migrations.CreateModel(
            name="FlagTrigger",
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
                ("name", models.CharField(max_length=100, validators=[tenants.models.base.plain_text])),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("on", "Turn it on"),
                            ("off", "Turn it off"),
                            ("toggle", "Turn it to the other side"),
                            ("serve", "Serve a variant to all whom no rule names"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "variant",
                    models.CharField(blank=True, help_text="What is served; with that action alone.", max_length=200),
                ),
                (
                    "prefix",
                    models.CharField(
                        help_text="The first characters, so that people can tell them apart.", max_length=24
                    ),
                ),
                ("sha256", models.CharField(editable=False, max_length=64, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.environment"
                    ),
                ),
                (
                    "flag",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="triggers", to="flags.flag"
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
                "verbose_name": "trigger",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("action", "serve"), models.Q(("variant", ""), _negated=True)),
                            models.Q(models.Q(("action", "serve"), _negated=True), ("variant", "")),
                            _connector="OR",
                        ),
                        name="trigger_variant_is_what_it_serves",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalFlag",
            fields=[
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
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
                ("name", models.CharField(max_length=200)),
                ("description", models.TextField(blank=True)),
                (
                    "value_type",
                    models.CharField(
                        choices=[
                            ("boolean", "Boolean"),
                            ("string", "String"),
                            ("integer", "Integer"),
                            ("double", "Double"),
                            ("json", "Json"),
                        ],
                        default="boolean",
                        max_length=10,
                    ),
                ),
                (
                    "variants",
                    models.JSONField(decoder=flags.models.stored_json.StoredJson, help_text="Variant name → value."),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("release", "Release"),
                            ("experiment", "Experiment"),
                            ("operational", "Operational"),
                            ("kill-switch", "Kill Switch"),
                            ("permission", "Permission"),
                        ],
                        default="release",
                        max_length=20,
                    ),
                ),
                ("tags", models.JSONField(blank=True, decoder=flags.models.stored_json.StoredJson, default=list)),
                ("is_permanent", models.BooleanField(default=False)),
                (
                    "client_visible",
                    models.BooleanField(
                        default=True,
                        help_text="Whether client keys (browsers, phones) may ask for it; without, they get FLAG_NOT_FOUND.",
                    ),
                ),
                ("salt", models.CharField(default=flags.models.flags.new_salt, max_length=100)),
                ("metadata", models.JSONField(blank=True, decoder=flags.models.stored_json.StoredJson, default=dict)),
                ("json_schema", models.JSONField(blank=True, decoder=flags.models.stored_json.StoredJson, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
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
                    "deleted_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                    "owner",
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
                "verbose_name": "historical flag",
                "verbose_name_plural": "historical flags",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalFlagConfig",
            fields=[
                (
                    "id",
                    models.CharField(db_index=True, default=tenants.models.base.new_id, editable=False, max_length=26),
                ),
                ("enabled", models.BooleanField(default=False)),
                ("targets", models.JSONField(blank=True, decoder=flags.models.stored_json.StoredJson, default=list)),
                ("rules", models.JSONField(blank=True, decoder=flags.models.stored_json.StoredJson, default=list)),
                ("fallthrough", models.JSONField(blank=True, decoder=flags.models.stored_json.StoredJson, null=True)),
                ("off_variant", models.CharField(blank=True, max_length=200, null=True)),
                ("prerequisites", models.JSONField(blank=True, decoder=flags.models.stored_json.StoredJson, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                ("updated_at", models.DateTimeField(blank=True, editable=False)),
                ("updated_by_name", models.CharField(blank=True, max_length=254)),
                ("killed_at", models.DateTimeField(blank=True, null=True)),
                ("history_change_reason", models.TextField(null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
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
            ],
            options={
                "verbose_name": "historical flag state",
                "verbose_name_plural": "historical flag states",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalFlagTrigger",
            fields=[
                (
                    "id",
                    models.CharField(db_index=True, default=tenants.models.base.new_id, editable=False, max_length=26),
                ),
                ("name", models.CharField(max_length=100, validators=[tenants.models.base.plain_text])),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("on", "Turn it on"),
                            ("off", "Turn it off"),
                            ("toggle", "Turn it to the other side"),
                            ("serve", "Serve a variant to all whom no rule names"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "variant",
                    models.CharField(blank=True, help_text="What is served; with that action alone.", max_length=200),
                ),
                (
                    "prefix",
                    models.CharField(
                        help_text="The first characters, so that people can tell them apart.", max_length=24
                    ),
                ),
                ("created_at", models.DateTimeField(blank=True, editable=False)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
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
            ],
            options={
                "verbose_name": "historical trigger",
                "verbose_name_plural": "historical triggers",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalSegment",
            fields=[
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
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
                ("name", models.CharField(max_length=200)),
                ("included", models.JSONField(blank=True, decoder=flags.models.stored_json.StoredJson, default=list)),
                ("excluded", models.JSONField(blank=True, decoder=flags.models.stored_json.StoredJson, default=list)),
                ("rules", models.JSONField(blank=True, decoder=flags.models.stored_json.StoredJson, default=list)),
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
                    "deleted_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                "verbose_name": "historical segment",
                "verbose_name_plural": "historical segments",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Segment",
            fields=[
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
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
                ("name", models.CharField(max_length=200)),
                ("included", models.JSONField(blank=True, decoder=flags.models.stored_json.StoredJson, default=list)),
                ("excluded", models.JSONField(blank=True, decoder=flags.models.stored_json.StoredJson, default=list)),
                ("rules", models.JSONField(blank=True, decoder=flags.models.stored_json.StoredJson, default=list)),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "deleted_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="segments", to="tenants.organization"
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="segments", to="tenants.project"
                    ),
                ),
            ],
            options={
                "ordering": ["key"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("project"),
                        django.db.models.functions.text.Lower("key"),
                        name="segment_key_unique_whatever_the_case",
                    )
                ],
            },
        ),
    ]
