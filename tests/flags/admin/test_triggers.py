"""Triggers in the admin: seen by members, revoked there, and never made there."""

import pytest

from flags import services
from flags.models import Flag, FlagTrigger
from tenants.actors import Actor
from tenants.models import Environment, Organization, User
from tests.conftest import Browser

pytestmark = pytest.mark.django_db
TRIGGERS = "/admin/flags/flagtrigger/"


def test_one_is_seen_and_revoked_by_members_alone(
    browser: Browser,
    bob: User,
    charlie: User,
    globex: Organization,
    checkout: Flag,
    development: Environment,
    system: Actor,
) -> None:
    trigger, secret = services.create_trigger(checkout, development, name="Deploy", action="on", actor=system)
    here = f"{TRIGGERS}{trigger.pk}/"

    page = browser(bob).get(f"{here}change/").content.decode()
    assert trigger.prefix in page
    assert secret not in page
    assert browser(bob).get(f"{TRIGGERS}add/").status_code == 403
    assert browser(charlie).get(f"{here}do/revoke/").status_code == 404
    browser(bob).post(f"{here}do/revoke/", {"confirmed": "yes"})
    assert FlagTrigger.objects.get().revoked_at is not None
