"""The ranking of stale flags is kept, but never longer than it holds."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics.stale.findings import find_all
from analytics.stale.ranking import Rank, ranking, stale_keys
from flags import services
from tenants.actors import Actor
from tenants.models import Environment, Project, User
from tests.analytics.stale.conftest import OldFlag, Told
from tests.analytics.stale.conftest import old_flag as old_flag
from tests.analytics.stale.conftest import told as told

pytestmark = pytest.mark.django_db


def test_it_says_what_the_findings_say_and_is_kept_until_a_flag_changes(
    shop: Project, production: Environment, told: Told, old_flag: OldFlag, bob: User, system: Actor
) -> None:
    told(production, "asked")
    flags = {key: old_flag(key, production, enabled=True) for key in ("asked", "forgotten", "another")}
    services.edit_flag(flags["forgotten"], {"owner": bob.email}, actor=system)

    def ranks() -> list[Rank]:
        return ranking(shop, timezone.now())

    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            ranks()
        return len(captured)

    found = find_all(shop, now=timezone.now())
    assert [(rank.key, rank.sure) for rank in ranks()] == [(each.flag.key, each.sure) for each in found]
    assert [rank.evidence for rank in ranks()] == [tuple(one.kind for one in each.evidence) for each in found]
    assert {rank.key: (rank.owner, rank.owner_name) for rank in ranks()}["forgotten"] == (bob.pk, "Bob")
    assert asked() == 1

    services.archive_flag(flags["forgotten"], actor=system)
    assert stale_keys(shop, timezone.now()) == ["another", "asked"]
    services.unarchive_flag(flags["forgotten"], actor=system)
    assert "forgotten" in stale_keys(shop, timezone.now())
    services.toggle_flag(flags["another"], production, enabled=False, actor=system)
    assert "another" not in {rank.key for rank in ranks() if rank.sure == 50}
    services.delete_flag(flags["asked"], actor=system)
    assert "asked" not in stale_keys(shop, timezone.now())
