"""All other tables, after those of the libraries: each change of a model looks at all that are there."""

import django.core.validators
import django.db.models.deletion
import django.db.models.manager
import django.utils.timezone
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import tenants.models.base
import tenants.models.organizations


class Migration(migrations.Migration):
    replaces = [
        ("tenants", "0002_invitations_to_a_part"),
        ("tenants", "0003_api_keys_by_name"),
        ("tenants", "0004_limits_of_api_keys"),
        ("tenants", "0005_parked_outbox_events"),
        ("tenants", "0006_rotated_api_keys"),
        ("tenants", "0007_own_roles_and_teams"),
        ("tenants", "0008_mfa_policy"),
        ("tenants", "0009_leaked_api_keys"),
        ("tenants", "0010_audit_marks"),
        ("tenants", "0011_mails_and_devices"),
        ("tenants", "0012_purges"),
        ("tenants", "0013_webhooks"),
        ("tenants", "0014_audit_days"),
        ("tenants", "0015_alerts"),
    ]

    initial = True

    dependencies = [
        ("account", "0009_emailaddress_unique_primary_email"),
        ("guardian", "0003_remove_groupobjectpermission_guardian_gr_content_ae6aec_idx_and_more"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
        ("tenants", "0001_users"),
        ("usersessions", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditHead",
            fields=[
                ("chain", models.CharField(max_length=26, primary_key=True, serialize=False)),
                ("position", models.PositiveBigIntegerField(default=0)),
                (
                    "hash",
                    models.CharField(
                        default="0000000000000000000000000000000000000000000000000000000000000000", max_length=64
                    ),
                ),
                (
                    "mac",
                    models.CharField(
                        blank=True, help_text="Of all three, with a key that is not in the database.", max_length=64
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AuditKey",
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
                ("sealed", models.TextField(help_text="The private half, sealed.")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="HistoricalOrganization",
            fields=[
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "id",
                    models.CharField(db_index=True, default=tenants.models.base.new_id, editable=False, max_length=26),
                ),
                (
                    "slug",
                    models.CharField(
                        db_index=True,
                        max_length=63,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\Z",
                                "Use 1 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends.",
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=100, validators=[tenants.models.base.plain_text])),
                ("retention_days", models.PositiveIntegerField(default=30)),
                (
                    "audit_days",
                    models.PositiveIntegerField(default=0, help_text="How long the audit log is kept; 0: for ever."),
                ),
                ("mfa_required", models.BooleanField(default=False)),
                (
                    "limits",
                    models.JSONField(
                        blank=True, default=dict, help_text="Overrides of the instance's limits, by name."
                    ),
                ),
                (
                    "revokes_leaked_keys",
                    models.BooleanField(
                        default=False, help_text="A key that was found where it should not be ends at once."
                    ),
                ),
                ("created_at", models.DateTimeField(blank=True, editable=False)),
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
            ],
            options={
                "verbose_name": "historical organization",
                "verbose_name_plural": "historical organizations",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalUser",
            fields=[
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "id",
                    models.CharField(db_index=True, default=tenants.models.base.new_id, editable=False, max_length=26),
                ),
                ("email", models.EmailField(db_index=True, max_length=254)),
                ("name", models.CharField(blank=True, max_length=150, validators=[tenants.models.base.plain_text])),
                ("is_active", models.BooleanField(default=True)),
                ("is_staff", models.BooleanField(default=False)),
                ("hears_of_new_devices", models.BooleanField(default=True)),
                ("hears_of_sign_ins", models.BooleanField(default=False)),
                ("hears_of_sign_outs", models.BooleanField(default=False)),
                ("date_joined", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
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
            ],
            options={
                "verbose_name": "historical user",
                "verbose_name_plural": "historical users",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
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
            name="Organization",
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
                    "slug",
                    models.CharField(
                        max_length=63,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\Z",
                                "Use 1 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends.",
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=100, validators=[tenants.models.base.plain_text])),
                ("retention_days", models.PositiveIntegerField(default=30)),
                (
                    "audit_days",
                    models.PositiveIntegerField(default=0, help_text="How long the audit log is kept; 0: for ever."),
                ),
                ("mfa_required", models.BooleanField(default=False)),
                (
                    "limits",
                    models.JSONField(
                        blank=True, default=dict, help_text="Overrides of the instance's limits, by name."
                    ),
                ),
                (
                    "revokes_leaked_keys",
                    models.BooleanField(
                        default=False, help_text="A key that was found where it should not be ends at once."
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
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
            ],
            options={
                "permissions": (
                    ("role_viewer", "Is viewer here"),
                    ("role_member", "Is member here"),
                    ("role_admin", "Is admin here"),
                    ("role_owner", "Is owner here"),
                ),
            },
        ),
        migrations.CreateModel(
            name="Membership",
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
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="tenants.organization",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("organization", "user"), name="membership_once")],
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
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.organization",
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
        migrations.CreateModel(
            name="HistoricalTeam",
            fields=[
                (
                    "id",
                    models.CharField(db_index=True, default=tenants.models.base.new_id, editable=False, max_length=26),
                ),
                (
                    "key",
                    models.CharField(
                        max_length=63,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\Z",
                                "Use 1 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends.",
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=100, validators=[tenants.models.base.plain_text])),
                ("created_at", models.DateTimeField(blank=True, editable=False)),
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
            ],
            options={
                "verbose_name": "historical team",
                "verbose_name_plural": "historical teams",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalProject",
            fields=[
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "id",
                    models.CharField(db_index=True, default=tenants.models.base.new_id, editable=False, max_length=26),
                ),
                (
                    "key",
                    models.CharField(
                        max_length=63,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\Z",
                                "Use 1 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends.",
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=100, validators=[tenants.models.base.plain_text])),
                (
                    "max_prerequisite_depth",
                    models.PositiveSmallIntegerField(
                        default=1,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(10),
                        ],
                    ),
                ),
                ("created_at", models.DateTimeField(blank=True, editable=False)),
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
            ],
            options={
                "verbose_name": "historical project",
                "verbose_name_plural": "historical projects",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalMembership",
            fields=[
                (
                    "id",
                    models.CharField(db_index=True, default=tenants.models.base.new_id, editable=False, max_length=26),
                ),
                ("created_at", models.DateTimeField(blank=True, editable=False)),
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
                    "user",
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
                "verbose_name": "historical membership",
                "verbose_name_plural": "historical memberships",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalCustomRole",
            fields=[
                (
                    "id",
                    models.CharField(db_index=True, default=tenants.models.base.new_id, editable=False, max_length=26),
                ),
                (
                    "key",
                    models.CharField(
                        max_length=63,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\Z",
                                "Use 1 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends.",
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=100, validators=[tenants.models.base.plain_text])),
                (
                    "description",
                    models.CharField(blank=True, max_length=500, validators=[tenants.models.base.plain_text]),
                ),
                ("verbs", models.JSONField(default=list)),
                ("created_at", models.DateTimeField(blank=True, editable=False)),
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
            ],
            options={
                "verbose_name": "historical custom role",
                "verbose_name_plural": "historical custom roles",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Environment",
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
                        max_length=63,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\Z",
                                "Use 1 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends.",
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=100, validators=[tenants.models.base.plain_text])),
                (
                    "color",
                    models.CharField(
                        choices=[
                            ("lake", "Lake"),
                            ("violet", "Violet"),
                            ("ember", "Ember"),
                            ("moss", "Moss"),
                            ("rose", "Rose"),
                            ("slate", "Slate"),
                        ],
                        default="lake",
                        max_length=10,
                    ),
                ),
                ("is_protected", models.BooleanField(default=False)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="environments",
                        to="tenants.organization",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
                "permissions": (
                    ("role_viewer", "Is viewer here"),
                    ("role_member", "Is member here"),
                    ("role_admin", "Is admin here"),
                    ("role_owner", "Is owner here"),
                ),
            },
        ),
        migrations.CreateModel(
            name="CustomRole",
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
                        max_length=63,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\Z",
                                "Use 1 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends.",
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=100, validators=[tenants.models.base.plain_text])),
                (
                    "description",
                    models.CharField(blank=True, max_length=500, validators=[tenants.models.base.plain_text]),
                ),
                ("verbs", models.JSONField(default=list)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="custom_roles",
                        to="tenants.organization",
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
                "constraints": [models.UniqueConstraint(fields=("organization", "key"), name="custom_role_key_unique")],
            },
        ),
        migrations.CreateModel(
            name="AuditEvent",
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
                ("chain", models.CharField(max_length=26)),
                ("position", models.PositiveBigIntegerField()),
                ("at", models.DateTimeField()),
                ("actor_kind", models.CharField(max_length=10)),
                ("actor_id", models.CharField(blank=True, max_length=26)),
                ("actor_name", models.CharField(max_length=254)),
                ("verb", models.CharField(max_length=60)),
                ("object_type", models.CharField(max_length=40)),
                ("object_id", models.CharField(max_length=64)),
                ("object_name", models.CharField(max_length=254)),
                ("project_id", models.CharField(blank=True, max_length=26)),
                ("environment_id", models.CharField(blank=True, max_length=26)),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
                ("comment", models.TextField(blank=True)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("ip", models.GenericIPAddressField(null=True)),
                ("nonce", models.CharField(blank=True, help_text="Empty once the payload was erased.", max_length=32)),
                (
                    "payload_hash",
                    models.CharField(
                        help_text="sha256(nonce‖payload); stays when the payload is erased.", max_length=64
                    ),
                ),
                (
                    "person_nonce",
                    models.CharField(blank=True, help_text="Empty once it was erased who it was.", max_length=32),
                ),
                (
                    "person_hash",
                    models.CharField(
                        blank=True,
                        help_text="sha256(person_nonce‖who); empty before there were two parts.",
                        max_length=64,
                    ),
                ),
                ("previous_hash", models.CharField(max_length=64)),
                ("hash", models.CharField(max_length=64)),
                (
                    "organization",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="audit_events",
                        to="tenants.organization",
                    ),
                ),
            ],
            options={
                "ordering": ["chain", "position"],
                "indexes": [models.Index(fields=["organization", "-at"], name="audit_newest_first")],
                "constraints": [models.UniqueConstraint(fields=("chain", "position"), name="audit_chain_has_no_fork")],
            },
        ),
        migrations.CreateModel(
            name="AuditCheckpoint",
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
                ("chain", models.CharField(max_length=26)),
                ("position", models.PositiveBigIntegerField()),
                ("hash", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                (
                    "kind",
                    models.CharField(choices=[("head", "Head"), ("purge", "Purge"), ("end", "End")], max_length=10),
                ),
                ("kid", models.CharField(max_length=43)),
                ("signature", models.CharField(max_length=86)),
                ("stored_at", models.DateTimeField(help_text="When its file was written; null: not yet.", null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.organization",
                    ),
                ),
            ],
            options={
                "ordering": ["chain", "position"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("stored_at__isnull", True)), fields=["id"], name="audit_checkpoint_to_store"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("chain", "position", "kind"), name="audit_checkpoint_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ApiKey",
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
                    "kind",
                    models.CharField(
                        choices=[("client", "Client"), ("server", "Server"), ("relay", "Relay"), ("token", "Token")],
                        max_length=10,
                    ),
                ),
                (
                    "role",
                    models.PositiveSmallIntegerField(
                        blank=True, choices=[(1, "viewer"), (2, "member"), (3, "admin"), (4, "owner")], null=True
                    ),
                ),
                ("name", models.CharField(max_length=100, validators=[tenants.models.base.plain_text])),
                (
                    "prefix",
                    models.CharField(
                        help_text="The first characters, so that people can tell keys apart.", max_length=24
                    ),
                ),
                ("sha256", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "readable",
                    models.CharField(
                        blank=True, editable=False, help_text="The whole key; client keys only.", max_length=100
                    ),
                ),
                ("origins", models.JSONField(blank=True, default=list)),
                (
                    "limits",
                    models.JSONField(
                        blank=True, default=dict, help_text="What it may use of one process; empty: no limit."
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "leaked_at",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="When somebody showed the whole key who should not have it.",
                        null=True,
                    ),
                ),
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
                    "replaces",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="successors",
                        to="tenants.apikey",
                    ),
                ),
                (
                    "custom_role",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="tenants.customrole",
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_keys",
                        to="tenants.environment",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_keys",
                        to="tenants.organization",
                    ),
                ),
            ],
            options={
                "verbose_name": "API key",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind", "client"), ("readable", ""), _connector="OR"),
                        name="api_key_readable_only_for_clients",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["relay", "token"]), ("environment__isnull", False), _connector="OR"
                        ),
                        name="api_key_evaluating_kinds_have_an_environment",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind", "token"),
                                ("organization__isnull", False),
                                models.Q(("role__isnull", True), ("custom_role__isnull", True), _connector="OR"),
                            ),
                            models.Q(
                                models.Q(("kind", "token"), _negated=True),
                                ("custom_role__isnull", True),
                                ("role__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="api_key_role_is_for_tokens",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OutboxEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("topic", models.CharField(max_length=60)),
                ("payload", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("processed_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("not_before", models.DateTimeField(null=True)),
                ("last_error", models.TextField(blank=True)),
                (
                    "parked_at",
                    models.DateTimeField(
                        help_text="Since when it is not tried any more, for it failed too often.", null=True
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.environment",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.organization",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("processed_at__isnull", True)),
                        fields=["environment", "id"],
                        name="outbox_waiting",
                    ),
                    models.Index(fields=["processed_at"], name="outbox_processed"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Project",
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
                        max_length=63,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\Z",
                                "Use 1 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends.",
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=100, validators=[tenants.models.base.plain_text])),
                (
                    "max_prerequisite_depth",
                    models.PositiveSmallIntegerField(
                        default=1,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(10),
                        ],
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="projects", to="tenants.organization"
                    ),
                ),
            ],
            options={
                "permissions": (
                    ("role_viewer", "Is viewer here"),
                    ("role_member", "Is member here"),
                    ("role_admin", "Is admin here"),
                    ("role_owner", "Is owner here"),
                ),
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "key"), name="project_key_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("max_prerequisite_depth__range", (1, 10))), name="project_depth_1_to_10"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Invitation",
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
                ("email", models.EmailField(max_length=254)),
                (
                    "role",
                    models.PositiveSmallIntegerField(
                        blank=True, choices=[(1, "viewer"), (2, "member"), (3, "admin"), (4, "owner")], null=True
                    ),
                ),
                ("token_hash", models.CharField(editable=False, max_length=64, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField(default=tenants.models.organizations.a_week_from_now)),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "custom_role",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="tenants.customrole",
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.environment",
                    ),
                ),
                (
                    "invited_by",
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitations",
                        to="tenants.organization",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.project"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HistoricalWebhook",
            fields=[
                (
                    "id",
                    models.CharField(db_index=True, default=tenants.models.base.new_id, editable=False, max_length=26),
                ),
                ("name", models.CharField(max_length=100, validators=[tenants.models.base.plain_text])),
                (
                    "format",
                    models.CharField(
                        choices=[("standard", "Standard Webhooks (JSON)"), ("slack", "Slack, and what speaks like it")],
                        default="standard",
                        max_length=10,
                    ),
                ),
                (
                    "events",
                    models.JSONField(blank=True, default=list, help_text="Types of events; empty: all of them."),
                ),
                ("old_secret_until", models.DateTimeField(blank=True, editable=False, null=True)),
                ("created_at", models.DateTimeField(blank=True, editable=False)),
                ("disabled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "disabled_because",
                    models.CharField(blank=True, help_text="Empty: somebody wanted it so.", max_length=200),
                ),
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
                "verbose_name": "historical webhook",
                "verbose_name_plural": "historical webhooks",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalInvitation",
            fields=[
                (
                    "id",
                    models.CharField(db_index=True, default=tenants.models.base.new_id, editable=False, max_length=26),
                ),
                ("email", models.EmailField(max_length=254)),
                (
                    "role",
                    models.PositiveSmallIntegerField(
                        blank=True, choices=[(1, "viewer"), (2, "member"), (3, "admin"), (4, "owner")], null=True
                    ),
                ),
                ("created_at", models.DateTimeField(blank=True, editable=False)),
                ("expires_at", models.DateTimeField(default=tenants.models.organizations.a_week_from_now)),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
                ("history_change_reason", models.TextField(null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "custom_role",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.customrole",
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
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "invited_by",
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
                "verbose_name": "historical invitation",
                "verbose_name_plural": "historical invitations",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalEnvironment",
            fields=[
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "id",
                    models.CharField(db_index=True, default=tenants.models.base.new_id, editable=False, max_length=26),
                ),
                (
                    "key",
                    models.CharField(
                        max_length=63,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\Z",
                                "Use 1 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends.",
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=100, validators=[tenants.models.base.plain_text])),
                (
                    "color",
                    models.CharField(
                        choices=[
                            ("lake", "Lake"),
                            ("violet", "Violet"),
                            ("ember", "Ember"),
                            ("moss", "Moss"),
                            ("rose", "Rose"),
                            ("slate", "Slate"),
                        ],
                        default="lake",
                        max_length=10,
                    ),
                ),
                ("is_protected", models.BooleanField(default=False)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField(blank=True, editable=False)),
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
                "verbose_name": "historical environment",
                "verbose_name_plural": "historical environments",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalApiKey",
            fields=[
                (
                    "id",
                    models.CharField(db_index=True, default=tenants.models.base.new_id, editable=False, max_length=26),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("client", "Client"), ("server", "Server"), ("relay", "Relay"), ("token", "Token")],
                        max_length=10,
                    ),
                ),
                (
                    "role",
                    models.PositiveSmallIntegerField(
                        blank=True, choices=[(1, "viewer"), (2, "member"), (3, "admin"), (4, "owner")], null=True
                    ),
                ),
                ("name", models.CharField(max_length=100, validators=[tenants.models.base.plain_text])),
                (
                    "prefix",
                    models.CharField(
                        help_text="The first characters, so that people can tell keys apart.", max_length=24
                    ),
                ),
                ("origins", models.JSONField(blank=True, default=list)),
                (
                    "limits",
                    models.JSONField(
                        blank=True, default=dict, help_text="What it may use of one process; empty: no limit."
                    ),
                ),
                ("created_at", models.DateTimeField(blank=True, editable=False)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "leaked_at",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="When somebody showed the whole key who should not have it.",
                        null=True,
                    ),
                ),
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
                    "custom_role",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.customrole",
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
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "replaces",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.apikey",
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
                "verbose_name": "historical API key",
                "verbose_name_plural": "historical API keys",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalAlert",
            fields=[
                (
                    "id",
                    models.CharField(db_index=True, default=tenants.models.base.new_id, editable=False, max_length=26),
                ),
                ("name", models.CharField(max_length=100, validators=[tenants.models.base.plain_text])),
                (
                    "events",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Types of events, or what they are about; empty: all of them.",
                    ),
                ),
                (
                    "by",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Kinds of actors, and ids of people and API keys; empty: whoever it is.",
                    ),
                ),
                (
                    "working_hours",
                    models.JSONField(
                        blank=True, default=dict, help_text="In which nothing is told; empty: it is told at any time."
                    ),
                ),
                ("recipients", models.JSONField(blank=True, default=list, help_text="Ids of members who get a mail.")),
                ("created_at", models.DateTimeField(blank=True, editable=False)),
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
                "verbose_name": "historical alert",
                "verbose_name_plural": "historical alerts",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddField(
            model_name="environment",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="environments", to="tenants.project"
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="project",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="api_keys",
                to="tenants.project",
            ),
        ),
        migrations.CreateModel(
            name="Alert",
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
                    "events",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Types of events, or what they are about; empty: all of them.",
                    ),
                ),
                (
                    "by",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Kinds of actors, and ids of people and API keys; empty: whoever it is.",
                    ),
                ),
                (
                    "working_hours",
                    models.JSONField(
                        blank=True, default=dict, help_text="In which nothing is told; empty: it is told at any time."
                    ),
                ),
                ("recipients", models.JSONField(blank=True, default=list, help_text="Ids of members who get a mail.")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "position",
                    models.PositiveBigIntegerField(default=0, help_text="How far in the audit chain it has looked."),
                ),
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
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.environment",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="alerts", to="tenants.organization"
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.project",
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="Purge",
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
                ("kind", models.CharField(help_text="The name of the model, as flag or organization.", max_length=40)),
                ("thing_id", models.CharField(max_length=26, unique=True)),
                (
                    "key",
                    models.CharField(
                        blank=True, help_text="The key or slug, which is free again in the end.", max_length=254
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=254)),
                (
                    "project_id",
                    models.CharField(blank=True, help_text="Of the project that it lies in.", max_length=26),
                ),
                (
                    "is_at_once",
                    models.BooleanField(default=False, help_text="Somebody asked for it before its time was over."),
                ),
                ("begun_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "asked_by",
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
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.organization",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="PurgeStage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("name", models.CharField(max_length=20)),
                ("removed", models.JSONField(default=dict, help_text="How many rows of which table.")),
                ("attempts", models.PositiveIntegerField(default=0, help_text="How often it failed.")),
                ("last_error", models.TextField(blank=True)),
                ("not_before", models.DateTimeField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
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
                    "purge",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="stages", to="tenants.purge"
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "default_manager_name": "with_deleted",
                "constraints": [models.UniqueConstraint(fields=("purge", "position"), name="purge_stage_once")],
            },
            managers=[
                ("with_deleted", django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name="RaisedAlert",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("event_id", models.CharField(max_length=26)),
                ("raised_at", models.DateTimeField()),
                (
                    "told_at",
                    models.DateTimeField(help_text="When it was mailed; null: it waits for the summary.", null=True),
                ),
                ("is_summed_up", models.BooleanField(default=False, help_text="Whether it was mailed in a summary.")),
                (
                    "alert",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="raised",
                        to="tenants.alert",
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
                "indexes": [
                    models.Index(
                        condition=models.Q(("told_at__isnull", True)), fields=["raised_at"], name="raised_alert_waiting"
                    ),
                    models.Index(fields=["alert", "told_at"], name="raised_alert_told"),
                ],
                "constraints": [models.UniqueConstraint(fields=("alert", "event_id"), name="raised_alert_once")],
            },
        ),
        migrations.CreateModel(
            name="Team",
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
                        max_length=63,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\Z",
                                "Use 1 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends.",
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=100, validators=[tenants.models.base.plain_text])),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "group",
                    models.OneToOneField(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="team",
                        to="auth.group",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="teams", to="tenants.organization"
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
                "constraints": [models.UniqueConstraint(fields=("organization", "key"), name="team_key_unique")],
            },
        ),
        migrations.CreateModel(
            name="Webhook",
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
                ("url", models.CharField(max_length=2000)),
                (
                    "format",
                    models.CharField(
                        choices=[("standard", "Standard Webhooks (JSON)"), ("slack", "Slack, and what speaks like it")],
                        default="standard",
                        max_length=10,
                    ),
                ),
                (
                    "events",
                    models.JSONField(blank=True, default=list, help_text="Types of events; empty: all of them."),
                ),
                ("sealed_secret", models.TextField(editable=False)),
                ("sealed_old_secret", models.TextField(blank=True, editable=False)),
                ("old_secret_until", models.DateTimeField(blank=True, editable=False, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("disabled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "disabled_because",
                    models.CharField(blank=True, help_text="Empty: somebody wanted it so.", max_length=200),
                ),
                (
                    "position",
                    models.PositiveBigIntegerField(
                        default=0, help_text="How far in the audit chain it was told of everything."
                    ),
                ),
                ("failures", models.PositiveIntegerField(default=0, help_text="In a row.")),
                ("failing_since", models.DateTimeField(blank=True, null=True)),
                (
                    "is_slow",
                    models.BooleanField(
                        default=False, help_text="It failed last, or took long: it waits in the slow lane."
                    ),
                ),
                (
                    "busy_until",
                    models.DateTimeField(
                        blank=True, help_text="Until then one worker is telling it something.", null=True
                    ),
                ),
                ("tried_at", models.DateTimeField(blank=True, null=True)),
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
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.environment",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="webhooks", to="tenants.organization"
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.project",
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "event_id",
                    models.CharField(
                        help_text="The same in all attempts: receivers know a repeated one by it.", max_length=26
                    ),
                ),
                ("event_type", models.CharField(max_length=60)),
                ("body", models.TextField(help_text="The very bytes that are sent, in every attempt.")),
                ("created_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("delivered", "Delivered"), ("failed", "Failed")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("not_before", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "tries",
                    models.PositiveSmallIntegerField(default=0, help_text="Since it was made, or was last replayed."),
                ),
                (
                    "attempts",
                    models.JSONField(default=list, help_text="The latest: when, what came, and how long it took."),
                ),
                ("answer", models.TextField(blank=True, help_text="How the last answer began.")),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.organization"
                    ),
                ),
                (
                    "webhook",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="deliveries", to="tenants.webhook"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "webhook deliveries",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["webhook", "not_before"],
                        name="webhook_deliveries_due",
                    ),
                    models.Index(fields=["webhook", "-id"], name="webhook_deliveries_newest"),
                    models.Index(fields=["created_at"], name="webhook_deliveries_by_age"),
                ],
                "constraints": [models.UniqueConstraint(fields=("webhook", "event_id"), name="webhook_delivery_once")],
            },
        ),
        migrations.AddConstraint(
            model_name="environment",
            constraint=models.UniqueConstraint(fields=("project", "key"), name="environment_key_unique"),
        ),
    ]
