"""The tenants app."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_migrate

from tenants import walls
from tenants.doorway import reach_as_person


class TenantsConfig(AppConfig):
    name = "tenants"

    def ready(self) -> None:
        from tenants import account_news, checks, outbox, second_factors  # noqa: F401  (models come first; these register themselves)
        from tenants.webhooks import announcing, signing  # noqa: F401  (the same)

        account_news.listen()
        outbox.overhear(announcing.heard)
        post_migrate.connect(walls.put_up, sender=self)
        user_logged_in.connect(reach_as_person)
