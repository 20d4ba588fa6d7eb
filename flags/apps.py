"""The flags app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate

from flags import walls


class FlagsConfig(AppConfig):
    name = "flags"

    def ready(self) -> None:
        # Models are there by now, and not before.
        from flags.dashboard import searching
        from flags.watching.following import give_up_untold
        from flags.watching.subjects import named_flags_of
        from tenants.backups import quieting
        from tenants.dashboard.search.found import find_by
        from tenants.webhooks.events import find_flags_by

        find_flags_by(named_flags_of)
        quieting.also(give_up_untold)
        find_by(searching.flags, searching.segments)
        pre_migrate.connect(walls.take_down, sender=self)
        post_migrate.connect(walls.put_up, sender=self)
