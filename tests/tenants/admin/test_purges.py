"""Purges in the admin: watched and tried again by whoever may, begun with the key typed."""

import pytest
from django.urls import reverse

from flags import services as flag_services
from flags.models import Flag
from tenants import services
from tenants.actors import Actor
from tenants.models import Organization, Project, Purge, PurgeStage, User
from tenants.permissions import actor_of
from tests.conftest import Browser

pytestmark = pytest.mark.django_db
LIST = "/admin/tenants/purge/"
FLAGS = "/admin/flags/flag/?deleted=yes"


@pytest.fixture
def checkout(shop: Project, as_ada: Actor) -> Flag:
    """A deleted flag."""
    flag: Flag = flag_services.create_flag(shop, {"key": "checkout"}, actor=as_ada).thing
    flag_services.delete_flag(flag, actor=as_ada)
    return flag


def ask(flag: Flag, **answers: str) -> dict[str, str]:
    return {"action": "purge", "_selected_action": flag.pk, "confirmed": "yes", **answers}


def test_an_owner_types_the_key(checkout: Flag, browser: Browser, alice: User) -> None:
    client = browser(alice)
    asked = client.post(FLAGS, {"action": "purge", "_selected_action": checkout.pk}).content.decode()
    assert "Type checkout to confirm" in asked
    assert "Write checkout to confirm" in client.post(FLAGS, ask(checkout, confirm="no")).content.decode()

    client.post(FLAGS, ask(checkout, confirm="checkout"))

    assert Purge.with_deleted.get().thing_id == checkout.pk
    assert "checkout" not in client.get(FLAGS).content.decode().partition("result_list")[2]


def test_an_admin_is_refused(checkout: Flag, browser: Browser, ada: User) -> None:
    browser(ada).post(FLAGS, ask(checkout, confirm="checkout"))

    assert not Purge.with_deleted.exists()


def test_the_list_says_how_far_each_is_and_a_failed_one_is_tried_again(
    checkout: Flag, browser: Browser, alice: User
) -> None:
    purge = services.purge_now(checkout, confirm="checkout", actor=actor_of(alice))
    far = purge.begun_at.replace(year=purge.begun_at.year + 1)
    stages = PurgeStage.with_deleted.filter(purge=purge, position=0)
    stages.update(attempts=3, last_error="Boom", not_before=far)
    client = browser(alice)
    assert "failed, is tried again" in client.get(LIST).content.decode()
    assert "failed 3 times" in client.get(reverse("admin:tenants_purge_change", args=[purge.pk])).content.decode()

    client.post(reverse("admin:tenants_purge_do", args=[purge.pk, "retry"]), {"confirmed": "yes"})

    assert stages.get().not_before is None


def test_a_superuser_sees_the_purge_of_a_whole_organization(
    browser: Browser, root: User, acme: Organization, as_alice: Actor
) -> None:
    services.delete_organization(acme, actor=as_alice)
    services.purge_now(acme, confirm="acme", actor=as_alice)

    assert "organization acme" in browser(root).get(LIST).content.decode()
