"""From a change to a published manifest."""

import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evaluation.core.canonical import canonical, checksum
from evaluation.manifest import publish as publishing
from evaluation.manifest.build import rules_of
from evaluation.models import ManifestHead, ManifestVersion
from flags import services
from tenants import services as tenant_services
from tenants.actors import Actor
from tenants.models import Environment, OutboxEvent, Project
from tests.evaluation.conftest import MakeFlag

pytestmark = pytest.mark.django_db


def content_of(environment: Environment) -> bytes:
    head = ManifestHead.with_deleted.get(environment=environment)
    row = ManifestVersion.with_deleted.get(environment=environment, version=head.version)
    return zlib.decompress(row.content)


def test_a_new_environment_is_published_empty(development: Environment, publish: Callable[[], int]) -> None:
    publish()

    manifest = json.loads(content_of(development))
    assert (manifest["version"], manifest["flags"], manifest["segments"]) == (1, {}, {})


def test_a_change_is_published_as_the_next_version(
    development: Environment, a_flag: MakeFlag, publish: Callable[[], int], system: Actor
) -> None:
    flag = a_flag("checkout", development, enabled=False)
    publish()

    services.toggle_flag(flag, development, enabled=True, actor=system)
    publish()

    manifest = json.loads(content_of(development))
    assert manifest["version"] == 2
    assert manifest["flags"]["checkout"]["enabled"] is True


def test_a_version_says_what_was_changed_and_when_the_first_of_it_was(
    development: Environment, a_flag: MakeFlag, publish: Callable[[], int], system: Actor
) -> None:
    flag = a_flag("checkout", development, enabled=False)
    publish()

    services.toggle_flag(flag, development, enabled=True, actor=system)
    services.kill_flag(flag, development, actor=system)
    publish()

    row = ManifestVersion.objects.get(environment=development, version=2)
    assert row.changes == [
        {"topic": "flag.toggled", "key": "checkout", "version": 2},
        {"topic": "flag.killed", "key": "checkout", "version": 3},
    ]
    assert row.changed_at == OutboxEvent.objects.get(topic="flag.toggled").created_at


def test_the_bytes_are_canonical_and_match_their_checksum(
    development: Environment, a_flag: MakeFlag, publish: Callable[[], int]
) -> None:
    a_flag("price", development, flag={"type": "double", "variants": {"on": 10.0, "off": 0.5}}, enabled=True)
    a_flag("नाम", None, flag={"key": "theme", "type": "json", "variants": {"on": {"b": 1, "a": "é"}, "off": {}}})

    publish()

    content = content_of(development)
    assert canonical(json.loads(content)) == content
    assert checksum(content) == ManifestHead.objects.get(environment=development).checksum


def test_many_changes_before_a_drain_make_one_version(
    development: Environment, a_flag: MakeFlag, publish: Callable[[], int]
) -> None:
    for number in range(20):
        a_flag(f"flag-{number}", development, enabled=True)

    publish()

    assert ManifestVersion.objects.filter(environment=development).count() == 1


def test_publishing_what_is_published_already_does_nothing(
    development: Environment, a_flag: MakeFlag, publish: Callable[[], int]
) -> None:
    a_flag("checkout", development, enabled=True)
    publish()

    head = publishing.publish(development)

    assert head.version == 1
    assert ManifestVersion.objects.filter(environment=development).count() == 1


def test_a_flag_created_elsewhere_in_the_project_is_published_everywhere(
    development: Environment, production: Environment, a_flag: MakeFlag, publish: Callable[[], int]
) -> None:
    publish()

    a_flag("checkout")
    publish()

    assert [json.loads(content_of(each))["version"] for each in (development, production)] == [2, 2]
    assert json.loads(content_of(production))["flags"]["checkout"]["enabled"] is False


def test_the_version_of_a_flag_rises_with_the_flag_and_with_its_state(
    development: Environment, a_flag: MakeFlag, publish: Callable[[], int], system: Actor
) -> None:
    def version() -> int:
        publish()
        found: int = json.loads(content_of(development))["flags"]["checkout"]["version"]
        return found

    flag = a_flag("checkout")
    versions = [version()]
    services.toggle_flag(flag, development, enabled=True, actor=system)
    versions.append(version())
    services.edit_flag(flag, {"metadata": {"team": "shop"}}, actor=system)
    versions.append(version())

    assert versions == [1, 2, 3]


def test_an_archived_flag_leaves_the_manifest(
    development: Environment, a_flag: MakeFlag, publish: Callable[[], int], system: Actor
) -> None:
    flag = a_flag("checkout", development, enabled=True)

    services.archive_flag(flag, actor=system)
    publish()

    assert json.loads(content_of(development))["flags"] == {}


def test_a_deleted_environment_serves_nothing_until_it_comes_back(
    development: Environment, a_flag: MakeFlag, publish: Callable[[], int], system: Actor
) -> None:
    a_flag("checkout", development, enabled=True)
    publish()

    tenant_services.delete_environment(development, actor=system)
    publish()
    gone = content_of(development)
    tenant_services.undelete_environment(development, actor=system)
    publish()
    back = content_of(development)

    assert not OutboxEvent.objects.filter(processed_at__isnull=True).exists()
    assert (json.loads(gone)["version"], json.loads(gone)["flags"]) == (2, {})
    assert (json.loads(back)["version"], list(json.loads(back)["flags"])) == (3, ["checkout"])


def test_a_manifest_that_is_too_large_is_not_published(
    development: Environment, a_flag: MakeFlag, publish: Callable[[], int], settings: Any
) -> None:
    publish()
    settings.LIMITS = {**settings.LIMITS, "manifest_bytes": 200}
    a_flag("checkout", development, enabled=True)

    with pytest.raises(publishing.ManifestTooLarge, match="bytes"):
        publishing.publish(development)

    assert json.loads(content_of(development))["flags"] == {}


@pytest.mark.parametrize("count", [2, 40])
def test_the_number_of_queries_does_not_depend_on_the_number_of_flags(
    count: int, development: Environment, a_flag: MakeFlag, system: Actor, shop: Project
) -> None:
    for number in range(count):
        a_flag(f"flag-{number}", development, enabled=True)
        services.create_segment(shop, {"key": f"segment-{number}", "name": "People"}, actor=system)
    environment = Environment.objects.select_related("project", "organization").get(pk=development.pk)

    with CaptureQueriesContext(connection) as first:
        rules_of(environment)
    with CaptureQueriesContext(connection) as again:
        rules_of(environment)

    assert (len(first), len(again)) == (6, 3)
