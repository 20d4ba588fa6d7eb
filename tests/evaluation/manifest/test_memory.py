"""What a process holds, and how it heals."""

import zlib
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache as django_cache
from django.db import OperationalError, connection

from evaluation.core.canonical import checksum
from evaluation.delivery.held import Held
from evaluation.manifest import cache, memory
from evaluation.models import ManifestHead, ManifestVersion
from flags import services
from tenants.actors import Actor
from tenants.models import Environment
from tests.evaluation.conftest import MakeFlag

pytestmark = pytest.mark.django_db(transaction=True)


def broken(*args: Any, **kwargs: Any) -> Any:
    raise OperationalError("the database is gone")


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From the call on, every statement fails, as with a server that is gone."""

    def cut() -> None:
        monkeypatch.setattr(connection, "cursor", broken)

    return cut


@pytest.fixture
def checkout(a_flag: MakeFlag, development: Environment, publish: Callable[[], int]) -> Any:
    flag = a_flag("checkout", development, enabled=True)
    publish()
    return flag


def test_a_ruleset_is_loaded_once(checkout: Any, development: Environment) -> None:
    first = memory.load(development.id)

    assert first is not None
    assert memory.load(development.id) is first
    assert memory.held(development.id) is first


def test_nothing_is_held_before_somebody_asks(checkout: Any, development: Environment) -> None:
    assert memory.held(development.id) is None


def test_an_unknown_environment_has_nothing() -> None:
    assert memory.load("01JUNKNOWN") is None


def test_a_publication_in_this_process_is_held_at_once(
    checkout: Any, development: Environment, publish: Callable[[], int], system: Actor
) -> None:
    before = memory.load(development.id)
    heard: list[Held] = []
    memory.observe(heard.append)

    services.toggle_flag(checkout, development, enabled=False, actor=system)
    publish()
    memory.stop_observing(heard.append)

    after = memory.held(development.id)
    assert before is not None
    assert after is not None
    assert after.version == before.version + 1
    assert heard == [after]


def test_only_the_flag_that_changed_is_compiled_again(
    checkout: Any, a_flag: MakeFlag, development: Environment, publish: Callable[[], int], system: Actor
) -> None:
    a_flag("banner", development, enabled=True)
    publish()
    before = memory.load(development.id)

    services.toggle_flag(checkout, development, enabled=False, actor=system)
    publish()

    after = memory.held(development.id)
    assert before is not None
    assert after is not None
    assert after.version == before.version + 1
    assert after.ruleset.flags["banner"] is before.ruleset.flags["banner"]
    assert after.ruleset.flags["checkout"] is not before.ruleset.flags["checkout"]


def test_reconciling_finds_what_another_process_published(
    checkout: Any, development: Environment, publish: Callable[[], int], system: Actor
) -> None:
    old = memory.load(development.id)
    services.toggle_flag(checkout, development, enabled=False, actor=system)
    publish()
    assert old is not None
    memory._held[development.id] = old

    memory.reconcile()

    now = memory.held(development.id)
    assert now is not None
    assert now.version == old.version + 1


def test_a_version_that_was_overtaken_never_comes_back(checkout: Any, development: Environment) -> None:
    held = memory.load(development.id)
    assert held is not None

    memory.update(cache.Published(development.id, held.version, "sha256:other", b"{}", ""))

    assert memory.held(development.id) is held


def test_a_lost_cache_entry_is_put_back(checkout: Any, development: Environment) -> None:
    memory.load(development.id)
    django_cache.clear()

    memory.heal_cache()

    found = cache.get(development.id)
    assert found is not None
    assert found.version == 1


def test_a_stale_cache_entry_is_not_believed(
    checkout: Any, development: Environment, publish: Callable[[], int], system: Actor
) -> None:
    stale = cache.get(development.id)
    services.toggle_flag(checkout, development, enabled=False, actor=system)
    publish()
    assert stale is not None
    cache.put(stale)

    held = memory.load(development.id)

    assert held is not None
    assert held.version == stale.version + 1
    healed = cache.get(development.id)
    assert healed is not None
    assert healed.version == held.version


def test_a_damaged_cache_entry_is_not_believed(checkout: Any, development: Environment) -> None:
    good = cache.get(development.id)
    assert good is not None
    cache.put(cache.Published(development.id, good.version, good.checksum, b'{"forged":true}', ""))

    held = memory.load(development.id)

    assert held is not None
    assert held.content == good.content


def test_one_environment_that_cannot_be_read_leaves_the_others_alone(
    checkout: Any, development: Environment, production: Environment, publish: Callable[[], int], system: Actor
) -> None:
    publish()
    for environment in (development, production):
        memory.load(environment.id)
    services.toggle_flag(checkout, development, enabled=False, actor=system)
    services.toggle_flag(checkout, production, enabled=True, actor=system)
    _published_elsewhere(publish)
    _publish_nonsense(development)
    django_cache.clear()

    memory.reconcile()

    held = {environment.key: memory.held(environment.id) for environment in (development, production)}
    assert [each and each.version for each in held.values()] == [1, 2]


def _publish_nonsense(environment: Environment) -> None:
    """What an older program wrote, or a newer one."""
    newest, content = {"environment": environment, "version": 2}, b'{"nonsense":1}'
    ManifestVersion.objects.filter(**newest).update(content=zlib.compress(content), signature="")
    ManifestHead.objects.filter(**newest).update(checksum=checksum(content))


def _published_elsewhere(publish: Callable[[], int]) -> None:
    known = dict(memory._held)
    memory._held.clear()
    publish()
    memory._held.update(known)


@pytest.mark.parametrize("entry", [None, 7, "text", (1, 2), (1, "sha256:x", b"not zlib"), ("1", "x", b"")])
def test_nonsense_in_the_cache_is_no_manifest(entry: object, checkout: Any, development: Environment) -> None:
    django_cache.set(f"manifest:{development.id}", entry)

    assert cache.get(development.id) is None


def test_without_a_database_the_cache_is_served(
    checkout: Any, development: Environment, no_database: Callable[[], None]
) -> None:
    no_database()

    held = memory.load(development.id)

    assert held is not None
    assert "checkout" in held.ruleset.flags


def test_without_database_and_cache_it_fails_loudly(
    checkout: Any, development: Environment, no_database: Callable[[], None]
) -> None:
    django_cache.clear()
    no_database()

    with pytest.raises(OperationalError):
        memory.load(development.id)
