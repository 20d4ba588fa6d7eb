"""A flag belongs to a project; its state belongs to an environment."""

import secrets
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower

from flags.models.stored_json import StoredJson
from flags.querysets import FlagConfigManager, FlagManager
from tenants.actors import Scope
from tenants.models import Environment, Organization, Project
from tenants.models.base import History, SoftDeleted, id_field

KEY_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._~:-]{0,199}\Z"
key_validator = RegexValidator(
    KEY_PATTERN, "Use 1 to 200 letters, digits and . _ ~ : - (no spaces), starting with a letter or digit."
)


def new_salt() -> str:
    return secrets.token_hex(8)


class Flag(SoftDeleted):
    class ValueType(models.TextChoices):
        BOOLEAN = "boolean"
        STRING = "string"
        INTEGER = "integer"
        DOUBLE = "double"
        JSON = "json"

    class Kind(models.TextChoices):
        RELEASE = "release"
        EXPERIMENT = "experiment"
        OPERATIONAL = "operational"
        KILL_SWITCH = "kill-switch"
        PERMISSION = "permission"

    # How long a flag of each kind is expected to live, in days; None: for ever.
    EXPECTED_DAYS: ClassVar[dict[str, int | None]] = {
        Kind.RELEASE: 40,
        Kind.EXPERIMENT: 40,
        Kind.OPERATIONAL: 7,
        Kind.KILL_SWITCH: None,
        Kind.PERMISSION: None,
    }

    id = id_field()
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="flags")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="flags")
    key = models.CharField(max_length=200, validators=[key_validator])
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    value_type = models.CharField(max_length=10, choices=ValueType.choices, default=ValueType.BOOLEAN)
    variants = models.JSONField(decoder=StoredJson, help_text="Variant name → value.")
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.RELEASE)
    tags = models.JSONField(decoder=StoredJson, default=list, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    is_permanent = models.BooleanField(default=False)
    client_visible = models.BooleanField(
        default=True,
        help_text="Whether client keys (browsers, phones) may ask for it; without, they get FLAG_NOT_FOUND.",
    )
    salt = models.CharField(max_length=100, default=new_salt)
    metadata = models.JSONField(decoder=StoredJson, default=dict, blank=True)
    json_schema = models.JSONField(decoder=StoredJson, null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[FlagManager] = FlagManager()
    history = History()

    class Meta:
        ordering = ["key"]
        constraints = [models.UniqueConstraint("project", Lower("key"), name="flag_key_unique_whatever_the_case")]

    def __str__(self) -> str:
        return self.key

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return (("project", self.project_id), ("organization", self.organization_id))


class FlagConfig(models.Model):
    """The state of one flag in one environment. The documents in it went through `evaluation.core.parse`."""

    id = id_field()
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    flag = models.ForeignKey(Flag, on_delete=models.CASCADE, related_name="configs")
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="configs")
    enabled = models.BooleanField(default=False)
    targets = models.JSONField(decoder=StoredJson, default=list, blank=True)
    rules = models.JSONField(decoder=StoredJson, default=list, blank=True)
    fallthrough = models.JSONField(decoder=StoredJson, null=True, blank=True)
    off_variant = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001  (None: the code's own default)
    prerequisites = models.JSONField(decoder=StoredJson, null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by_name = models.CharField(max_length=254, blank=True)
    # When the kill switch turned it off; None as soon as somebody turned it on again, or did not kill it at all.
    killed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[FlagConfigManager] = FlagConfigManager()
    with_deleted: ClassVar[Any] = models.Manager()
    history = History()

    class Meta:
        verbose_name = "flag state"
        constraints = [models.UniqueConstraint(fields=["flag", "environment"], name="flag_config_once")]

    def __str__(self) -> str:
        return f"{self.flag.key} in {self.environment.key}"

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return self.environment.scopes
