"""The page of convergence: how far versions have come, who is slow by name, and which applications are connected."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from analytics.dashboard.connected import MOST_BATCHES, instances_of
from analytics.models import TelemetryBatch
from analytics.templatetags.convergence_page import seconds
from flags import services
from flags.models import Flag
from tenants.actors import Actor
from tenants.models import ApiKey, Environment, User
from tenants.services import create_api_key
from tests.analytics.batches import Tell, counts
from tests.analytics.dashboard.test_pages import Words
from tests.conftest import Browser
from tests.evaluation.conftest import publish as publish
from tests.evaluation.conftest import relay_key as relay_key
from tests.evaluation.convergence.conftest import Say
from tests.evaluation.convergence.conftest import checkout as checkout
from tests.evaluation.convergence.conftest import say as say
from tests.evaluation.convergence.conftest import silence as silence

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/organizations/acme/projects/shop/environments/production/convergence/"
APPLICATIONS = "/system/applications/"
Read = Callable[..., str]


@pytest.fixture
def read(browser: Browser, vera: User) -> Read:
    """What a viewer reads."""
    client = browser(vera)

    def words() -> str:
        answer: Any = client.get(PAGE)
        assert answer.status_code == 200
        return str(Words(answer.content.decode()))

    return words


def test_before_anything_is_published_it_says_what_will_be_here(read: Read, production: Environment) -> None:
    assert "Nothing is published here yet" in read()


def test_a_version_is_effective_when_all_have_it_and_the_slow_are_named(
    read: Read, checkout: Flag, say: Say, production: Environment, publish: Callable[[], int], system: Actor
) -> None:
    services.toggle_flag(checkout, production, enabled=False, actor=system)
    publish()
    assert "Version 2 waits for its first listener Nobody is connected" in read()
    say("edge-1", {2: 12}, holds=2)
    say("edge-2", {1: 2}, holds=1)

    page = read()

    assert "Version 2 is effective on 12 of 14 On its way edge-2 does not have it yet." in page
    assert "edge-1 relay 2 12 0 s ago up to date edge-2 relay 1 2 0 s ago behind" in page
    assert "checkout 12 of 14" in page
    say("edge-2", {2: 2}, holds=2)
    assert "Version 2 is effective on 14 of 14 Effective Everybody who is connected has it." in read()


def test_who_is_silent_is_named_and_not_counted(
    read: Read, checkout: Flag, say: Say, silence: Callable[[str, float], None]
) -> None:
    say("edge-1", {1: 12}, holds=1)
    silence("edge-1", 180)

    assert "edge-1 relay 1 not counted 3 min ago silent" in read()


def test_applications_of_the_last_minutes_stand_there_with_what_they_have(
    read: Read, checkout: Flag, tell: Tell, production: Environment, publish: Callable[[], int], system: Actor
) -> None:
    assert "No application told of itself." in read()
    services.toggle_flag(checkout, production, enabled=False, actor=system)
    publish()
    tell(environment=production, counts=counts(1), manifest=1, kind="client")

    assert "shop web-1 test 1.0 – client 1 behind" in read()


def test_of_one_instance_the_newest_batch_counts_and_old_ones_do_not(tell: Tell, development: Environment) -> None:
    tell(counts=counts(1), manifest=1)
    tell(counts=counts(1), manifest=2)
    now = timezone.now()

    (one,) = instances_of(development, now=now)

    assert (one.sdk, one.application, one.name, one.manifest) == ("test", "shop", "web-1", 2)
    assert instances_of(development, now=now + timedelta(minutes=11)) == []


def test_whoever_runs_the_installation_sees_all_applications_and_nobody_else_does(
    browser: Browser, alice: User, tell: Tell, development: Environment, production: Environment
) -> None:
    root = browser(User.objects.create_superuser("root@example.com", "correct horse battery staple"))
    assert "No application told of itself" in root.get(APPLICATIONS).content.decode()
    for environment in (development, production, production):
        tell(environment=environment, counts=counts(1))

    page = str(Words(root.get(APPLICATIONS).content.decode()))

    assert "shop acme / shop / development test 1.0 1 now shop acme / shop / production test 1.0 1 now" in page
    assert b"<html" not in root.get(APPLICATIONS, headers={"HX-Request": "true"}).content
    assert browser(alice).get(APPLICATIONS).status_code == 404
    assert browser(alice).post(APPLICATIONS).status_code == 404


def test_what_is_too_large_is_not_read_for_a_name(tell: Tell, development: Environment) -> None:
    tell(counts=counts(1))
    TelemetryBatch.objects.update(content=b"x" * 50_000)

    assert instances_of(development, now=timezone.now()) == []
    assert MOST_BATCHES == 400


def test_keys_in_use_are_shown_to_whoever_may_see_keys(
    browser: Browser, ada: User, vera: User, checkout: Flag, production: Environment, system: Actor
) -> None:
    key, _ = create_api_key(kind="server", scope=production, name="Shop servers", actor=system)
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now())

    admins, viewers = (browser(person).get(PAGE).content.decode() for person in (ada, vera))

    assert "Shop servers" in admins
    assert "Shop servers" not in viewers


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "–"), (0.084, "84 ms"), (1.24, "1.2 s"), (42.0, "42 s"), (180.0, "3 min")],
)
def test_a_duration_in_two_digits(value: float | None, said: str) -> None:
    assert seconds(value) == said
