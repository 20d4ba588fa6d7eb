"""A published manifest that was damaged where it lies: refused, and another one published in its place."""

import zlib
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache as django_cache
from django.db import DatabaseError

from evaluation.core.canonical import checksum
from evaluation.manifest import cache, fetch, memory, sign
from evaluation.manifest.admission import held_for
from evaluation.models import ManifestHead, ManifestVersion
from evaluation.wire.problems import Refused
from tenants.models import Environment, OutboxEvent
from tests.evaluation.conftest import MakeFlag

pytestmark = pytest.mark.django_db(transaction=True)

Damage = Callable[[ManifestVersion], dict[str, Any]]
FORGED = b'{"forged":true}'
DAMAGES: dict[str, Damage] = {
    "torn": lambda row: {"content": bytes(row.content)[:-20]},
    "other bytes": lambda row: {"content": zlib.compress(FORGED)},
    "a foreign signature": lambda row: {"signature": row.signature[:-8] + "AAAAAAAA"},
    "gone": lambda row: {"version": 1_000_000},
}


@pytest.fixture
def published(a_flag: MakeFlag, development: Environment, publish: Callable[[], int]) -> ManifestVersion:
    a_flag("checkout", development, enabled=True)
    publish()
    row: ManifestVersion = ManifestVersion.objects.get(environment=development)
    return row


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_row_is_passed_over(damage: Damage, published: ManifestVersion, development: Environment) -> None:
    ManifestVersion.objects.filter(pk=published.pk).update(**damage(published))
    django_cache.clear()

    held = memory.load(development.id)

    assert held is not None
    assert held.version == 2
    assert "checkout" in held.ruleset.flags
    assert not sign.is_broken(held)


def test_a_process_that_holds_the_version_before_goes_on_to_the_one_after(
    published: ManifestVersion, development: Environment, publish: Callable[[], int], a_flag: MakeFlag
) -> None:
    memory.load(development.id)
    known = dict(memory._held)
    memory._held.clear()  # as if another process published
    a_flag("banner", development)
    publish()
    memory._held.update(known)
    ManifestVersion.objects.filter(version=2).update(content=b"damaged")
    django_cache.clear()

    memory.reconcile()

    held = memory.held(development.id)
    assert held is not None
    assert held.version == 3
    assert set(held.ruleset.flags) == {"checkout", "banner"}


def test_it_is_asked_for_once(published: ManifestVersion, development: Environment) -> None:
    ManifestVersion.objects.filter(pk=published.pk).update(content=b"damaged")
    django_cache.clear()
    OutboxEvent.objects.create(topic=fetch.DAMAGED, environment=development, organization=development.organization)

    memory.load(development.id)

    assert OutboxEvent.objects.filter(topic=fetch.DAMAGED).count() == 1
    assert ManifestHead.objects.get(environment=development).version == 2


def test_without_another_one_the_environment_is_out_of_reach(
    published: ManifestVersion, development: Environment, settings: Any
) -> None:
    ManifestVersion.objects.filter(pk=published.pk).update(content=b"damaged")
    django_cache.clear()
    settings.LIMITS = {**settings.LIMITS, "manifest_bytes": 10}  # so that publishing fails

    with pytest.raises(Refused) as refused:
        held_for(development.id)

    assert refused.value.reply.status == 503


def test_without_a_database_a_forged_cache_entry_is_refused(
    published: ManifestVersion, development: Environment
) -> None:
    forged = cache.Published(development.id, 1, checksum(FORGED), FORGED, published.signature)
    cache.put(forged)
    sign.load()

    assert fetch.without_database(development.id) is None

    cache.put(cache.Published(development.id, 1, checksum(FORGED), FORGED, ""))
    assert fetch.without_database(development.id) is None


def test_a_process_that_knows_no_keys_cannot_doubt(published: ManifestVersion, development: Environment) -> None:
    sign.forget_everything()

    assert fetch.without_database(development.id) is not None


def test_what_an_older_key_signed_is_no_damage(published: ManifestVersion, development: Environment) -> None:
    sign.rotate(keep_previous=False)
    django_cache.clear()

    held = memory.load(development.id)

    assert held is not None
    assert held.version == 1


def test_damaged_counts_as_out_of_reach() -> None:
    assert issubclass(fetch.Damaged, DatabaseError)
