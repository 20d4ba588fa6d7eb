"""The rules themselves, for those who evaluate on their own."""

from collections.abc import Callable

import pytest

from evaluation.core.canonical import checksum
from evaluation.models import ManifestHead
from tenants import services
from tenants.actors import Actor
from tenants.models import Environment, Organization, Project
from tests.evaluation.api.conftest import Ask
from tests.evaluation.conftest import MakeFlag

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def published(a_flag: MakeFlag, development: Environment, publish: Callable[[], int]) -> None:
    a_flag("checkout", development, enabled=True)
    publish()


def test_a_server_key_gets_exactly_the_manifest(ask: Ask, server_key: str, development: Environment) -> None:
    answer = ask("ruleset", key=server_key)

    assert checksum(answer.content) == ManifestHead.objects.get(environment=development).checksum
    assert answer.json()["environment"] == development.id


def test_it_is_not_sent_twice(ask: Ask, server_key: str) -> None:
    tag = ask("ruleset", key=server_key)["ETag"]

    assert ask("ruleset", key=server_key, headers={"If-None-Match": tag}).status_code == 304


def test_a_relay_key_names_its_environment(ask: Ask, relay_key: str, server_key: str, development: Environment) -> None:
    answer = ask("ruleset", key=relay_key, environment=development.id)

    assert answer.content == ask("ruleset", key=server_key).content


def test_a_relay_key_that_names_none_is_told_so(ask: Ask, relay_key: str) -> None:
    answer = ask("ruleset", key=relay_key)

    assert answer.status_code == 400
    assert "must name the environment" in answer.json()["detail"]


def test_a_relay_key_sees_nothing_beside_its_scope(
    ask: Ask, relay_key: str, globex: Organization, system: Actor, publish: Callable[[], int]
) -> None:
    theirs: Project = services.create_project(globex, key="bank", name="Bank", actor=system)
    foreign = services.create_environment(theirs, key="live", name="Live", actor=system)
    publish()

    there, nowhere = (ask("ruleset", key=relay_key, environment=each) for each in (foreign.id, "01JNOWHERE"))

    assert there.status_code == nowhere.status_code == 400
    assert there.content == nowhere.content


@pytest.mark.parametrize("nonsense", ["\0", "x", "'; --", "é" * 26, "0" * 5000])
def test_what_is_no_id_is_no_environment(nonsense: str, ask: Ask, relay_key: str) -> None:
    answer = ask("ruleset", key=relay_key, environment=nonsense)

    assert answer.status_code == 400
    assert "no such environment" in answer.json()["detail"]


def test_a_young_environment_is_published_when_somebody_asks(ask: Ask, production: Environment, system: Actor) -> None:
    _, key = services.create_api_key(kind="server", scope=production, name="p", actor=system)

    answer = ask("ruleset", key=key)

    assert answer.json()["version"] == 1
