"""What whoever runs the installation has set while it runs."""

from typing import Any, ClassVar

from django.db import models

from tenants.actors import Scope


class RuntimeSetting(models.Model):
    """One setting with another value than the environment gives it. Written by `tenants.services.runtime` alone."""

    name = models.CharField(primary_key=True, max_length=60, help_text="One of those of tenants.runtime.")
    value = models.JSONField()
    is_from_file = models.BooleanField(default=False, help_text="Set by `manage.py settings apply`.")
    set_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[Any] = models.Manager()

    def __str__(self) -> str:
        return self.name

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """It belongs to the instance."""
        return ()
