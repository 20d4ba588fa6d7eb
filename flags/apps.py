"""The flags app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate

from flags import walls


class FlagsConfig(AppConfig):
    name = "flags"

    def ready(self) -> None:
        pre_migrate.connect(walls.take_down, sender=self)
        post_migrate.connect(walls.put_up, sender=self)
