"""Who may do what to metrics, groups and experiments: every service, every role, the protected environment, and neighbours."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from analytics.experiments import services
from analytics.models import Metric
from flags.services import put_config
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, OutboxEvent, Project, User
from tenants.permissions import NotAllowed, actor_of, grant
from tenants.roles import LOWEST_ROLE, Role
from tests.analytics.experiments.test_services import CTA
from tests.evaluation.conftest import MakeFlag

pytestmark = pytest.mark.django_db
Call = Callable[[Any, Actor], Any]

CALLS: dict[str, tuple[str, Call]] = {
    "create_metric": (
        "metric.create",
        lambda it, actor: services.create_metric(it.shop, {"key": "m", "event": "e"}, actor=actor),
    ),
    "put_metric": (
        "metric.create",
        lambda it, actor: services.put_metric(it.shop, {"key": "m", "event": "e"}, actor=actor),
    ),
    "edit_metric": ("metric.edit", lambda it, actor: services.edit_metric(it.metric, {"name": "M"}, actor=actor)),
    "delete_metric": ("metric.delete", lambda it, actor: services.delete_metric(it.unused, actor=actor)),
    "create_group": (
        "exclusion_group.create",
        lambda it, actor: services.create_group(it.shop, {"key": "g"}, actor=actor),
    ),
    "put_group": ("exclusion_group.create", lambda it, actor: services.put_group(it.shop, {"key": "g"}, actor=actor)),
    "edit_group": (
        "exclusion_group.edit",
        lambda it, actor: services.edit_group(it.group, {"holdout": 5}, actor=actor),
    ),
    "delete_group": ("exclusion_group.delete", lambda it, actor: services.delete_group(it.group, actor=actor)),
    "create_experiment": (
        "experiment.create",
        lambda it, actor: services.create_experiment(it.shop, it.body | {"key": "x"}, actor=actor),
    ),
    "put_experiment": (
        "experiment.create",
        lambda it, actor: services.put_experiment(it.shop, it.body | {"key": "x"}, actor=actor),
    ),
    "edit_experiment": (
        "experiment.edit",
        lambda it, actor: services.edit_experiment(it.draft, {"name": "X"}, actor=actor),
    ),
    "start_experiment": ("experiment.start", lambda it, actor: services.start_experiment(it.draft, actor=actor)),
    "stop_experiment": ("experiment.stop", lambda it, actor: services.stop_experiment(it.running, actor=actor)),
    "conclude_experiment": (
        "experiment.conclude",
        lambda it, actor: services.conclude_experiment(it.running, winner="on", actor=actor),
    ),
    "delete_experiment": ("experiment.delete", lambda it, actor: services.delete_experiment(it.draft, actor=actor)),
}
SERVED = {"start_experiment", "conclude_experiment"}
ACTORS = {Role.VIEWER: "as_vera", Role.MEMBER: "as_bob", Role.ADMIN: "as_ada"}


@pytest.fixture
def scene(a_flag: MakeFlag, shop: Project, purchase: Metric, system: Actor) -> Callable[[Environment], Any]:
    """Something of everything in an environment, where `checkout` is on: a draft of one flag, what runs on another."""

    def make(environment: Environment) -> Any:
        for key in ("checkout", "search"):
            put_config(a_flag(key), environment, {"enabled": True}, actor=system)
        body = CTA | {"environment": environment.key}
        running = services.create_experiment(shop, body | {"key": "r", "flag": "search"}, actor=system).thing
        return SimpleNamespace(
            shop=shop,
            body=body,
            metric=purchase,
            unused=services.create_metric(shop, {"key": "unused", "event": "e"}, actor=system).thing,
            group=services.create_group(shop, {"key": "pages"}, actor=system).thing,
            draft=services.create_experiment(shop, body, actor=system).thing,
            running=services.start_experiment(running, actor=system).thing,
        )

    return make


def written() -> tuple[int, int]:
    return AuditEvent.objects.count(), OutboxEvent.objects.count()


@pytest.mark.parametrize("role", ACTORS)
@pytest.mark.parametrize("name", CALLS)
def test_each_role_may_what_the_table_says(
    name: str, role: Role, scene: Any, development: Environment, request: pytest.FixtureRequest
) -> None:
    verb, call = CALLS[name]
    there, actor = scene(development), request.getfixturevalue(ACTORS[role])
    before = written()

    if role >= LOWEST_ROLE[verb]:
        call(there, actor)
        assert written() > before
    else:
        with pytest.raises(NotAllowed, match=verb):
            call(there, actor)
        assert written() == before


@pytest.mark.parametrize("name", sorted(SERVED))
def test_what_is_served_changes_in_a_protected_environment_by_admins_alone(
    name: str, scene: Any, production: Environment, as_bob: Actor, as_ada: Actor
) -> None:
    _, call = CALLS[name]
    there = scene(production)

    with pytest.raises(NotAllowed):
        call(there, as_bob)
    call(there, as_ada)


def test_more_traffic_in_a_protected_environment_takes_an_admin(
    scene: Any, production: Environment, as_bob: Actor, as_ada: Actor, system: Actor
) -> None:
    there = scene(production)
    draft = services.edit_experiment(there.draft, {"traffic": 10}, actor=system).thing
    running = services.start_experiment(draft, actor=system).thing

    with pytest.raises(NotAllowed, match=r"flag\.configure"):
        services.edit_experiment(running, {"traffic": 20}, actor=as_bob)
    assert services.edit_experiment(running, {"traffic": 20}, actor=as_ada).changed


def test_a_role_on_the_environment_is_enough_for_its_experiments(
    scene: Any, production: Environment, development: Environment, a_user: Callable[[str], User]
) -> None:
    there, dora = scene(development), a_user("Dora")
    grant(dora, Role.MEMBER, development)
    actor = actor_of(dora)

    services.create_experiment(there.shop, there.body | {"key": "x"}, actor=actor)
    services.start_experiment(there.draft, actor=actor)
    services.conclude_experiment(there.running, winner="on", actor=actor)
    with pytest.raises(NotAllowed, match=r"metric\.create"):
        services.create_metric(there.shop, {"key": "m", "event": "e"}, actor=actor)


@pytest.mark.parametrize("name", [name for name in CALLS if not name.endswith(("create_experiment", "put_experiment"))])
def test_an_outsider_changes_nothing(name: str, scene: Any, development: Environment, as_charlie: Actor) -> None:
    _, call = CALLS[name]
    there = scene(development)
    before = written()

    for actor in (as_charlie, Actor.anonymous()):
        with pytest.raises(NotAllowed):
            call(there, actor)

    assert written() == before


def test_every_service_and_every_verb_is_walked() -> None:
    things = ("metric", "exclusion_group", "experiment")
    verbs = {verb for verb in LOWEST_ROLE if verb.split(".")[0] in things and not verb.endswith(".view")}

    assert CALLS.keys() == set(services.__all__)
    assert {verb for verb, _ in CALLS.values()} == verbs
