"""Triggers: secret addresses, each of which does one thing to one flag in one environment."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from flags.models.flags import Flag
from flags.querysets import FlagTriggerManager
from tenants.actors import Scope
from tenants.models import Environment, Organization
from tenants.models.base import History, id_field, plain_text


class FlagTrigger(models.Model):
    """The secret in its address is kept as a hash, and shown once."""

    class Action(models.TextChoices):
        ON = "on", "Turn it on"
        OFF = "off", "Turn it off"
        TOGGLE = "toggle", "Turn it to the other side"
        SERVE = "serve", "Serve a variant to all whom no rule names"

    id = id_field()
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    flag = models.ForeignKey(Flag, on_delete=models.CASCADE, related_name="triggers")
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=100, validators=[plain_text])
    action = models.CharField(max_length=10, choices=Action.choices)
    variant = models.CharField(max_length=200, blank=True, help_text="What is served; with that action alone.")
    prefix = models.CharField(max_length=24, help_text="The first characters, so that people can tell them apart.")
    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[FlagTriggerManager] = FlagTriggerManager()
    with_deleted: ClassVar[Any] = models.Manager()
    history = History(excluded_fields=["sha256", "last_used_at"])

    class Meta:
        verbose_name = "trigger"
        constraints = [
            models.CheckConstraint(
                name="trigger_variant_is_what_it_serves",
                condition=(models.Q(action="serve") & ~models.Q(variant=""))
                | (~models.Q(action="serve") & models.Q(variant="")),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return self.environment.scopes

    @property
    def does(self) -> str:
        """`on`, `off`, `toggle`, or the variant with its verb."""
        return f"serve {self.variant}" if self.action == self.Action.SERVE else str(self.action)
