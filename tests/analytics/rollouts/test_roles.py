"""Who may do what with rollouts: every service, every role, the protected environment, and the neighbours."""

from collections.abc import Callable
from typing import Any

import pytest

from analytics.models import Rollout
from analytics.rollouts import services
from analytics.rollouts.steps import Step
from flags import services as flag_services
from flags.models import Flag
from tenants import outbox
from tenants import services as tenants_services
from tenants.actors import Actor
from tenants.models import AuditEvent, Environment, Organization, User
from tenants.permissions import NotAllowed, actor_of, grant
from tenants.roles import Role
from tests.evaluation.conftest import MakeFlag

pytestmark = pytest.mark.django_db

Service = Callable[[Rollout, Actor], object]
RUNNING: dict[str, Service] = {
    "pause": lambda rollout, actor: services.pause(rollout, actor=actor),
    "stop": lambda rollout, actor: services.stop(rollout, actor=actor),
    "next_step": lambda rollout, actor: services.next_step(rollout, actor=actor),
    "roll_back": lambda rollout, actor: services.roll_back(rollout, actor=actor),
}
SERVICES: dict[str, Service] = RUNNING | {
    "create": lambda rollout, actor: services.create(
        rollout.flag, rollout.environment, variant="on", steps=[Step(1)], actor=actor
    ),
    "start": lambda rollout, actor: services.start(rollout, actor=actor),
    "resume": lambda rollout, actor: services.resume(rollout, actor=actor),
}
# They change nothing that is served.
UNGUARDED = {"pause", "stop"}


@pytest.fixture
def ready(a_flag: MakeFlag, system: Actor) -> Callable[[str, Environment], Rollout]:
    """A rollout there of which the service can be asked."""

    def make(service: str, environment: Environment) -> Rollout:
        flag: Flag = a_flag("checkout", environment, enabled=True, fallthrough={"variant": "off"})
        rollout = services.create(flag, environment, variant="on", steps=[Step(1, None), Step(9)], actor=system)
        if service == "create":
            services.stop(rollout, actor=system)
        if service in {*RUNNING, "resume"}:
            services.start(rollout, actor=system)
        if service == "resume":
            services.pause(rollout, actor=system)
        outbox.drain()
        made: Rollout = Rollout.objects.select_related("flag", "environment").get()
        return made

    return make


@pytest.mark.parametrize("service", SERVICES)
def test_member_can(ready: Any, development: Environment, as_bob: Actor, service: str) -> None:
    assert SERVICES[service](ready(service, development), as_bob)


@pytest.mark.parametrize("service", SERVICES)
def test_viewer_cannot(ready: Any, development: Environment, as_vera: Actor, service: str) -> None:
    rollout = ready(service, development)
    written = AuditEvent.objects.count()

    with pytest.raises(NotAllowed, match="member"):
        SERVICES[service](rollout, as_vera)
    assert AuditEvent.objects.count() == written


@pytest.mark.parametrize("service", SERVICES)
def test_owner_of_another_organization_cannot(
    ready: Any, development: Environment, as_charlie: Actor, service: str
) -> None:
    with pytest.raises(NotAllowed):
        SERVICES[service](ready(service, development), as_charlie)


@pytest.mark.parametrize("service", SERVICES)
def test_in_the_protected_environment_a_member_only_holds_it_up(
    ready: Any, production: Environment, as_bob: Actor, bob: User, service: str
) -> None:
    rollout = ready(service, production)

    if service not in UNGUARDED:
        with pytest.raises(NotAllowed, match="Production is protected"):
            SERVICES[service](rollout, as_bob)
        grant(bob, Role.MEMBER, production)
    assert SERVICES[service](rollout, actor_of(bob))


@pytest.mark.parametrize("service", SERVICES)
def test_admin_can_in_the_protected_environment(
    ready: Any, production: Environment, as_ada: Actor, service: str
) -> None:
    assert SERVICES[service](ready(service, production), as_ada)


@pytest.mark.parametrize("service", sorted(SERVICES.keys() - UNGUARDED))
def test_it_takes_the_right_to_do_by_hand_what_the_rollout_does(
    ready: Any,
    development: Environment,
    acme: Organization,
    a_member: Callable[[str, Role], User],
    system: Actor,
    service: str,
) -> None:
    rollout = ready(service, development)
    verb = f"rollout.{ {'next_step': 'next'}.get(service, service) }"
    dora = a_member("Dora", Role.VIEWER)
    role = tenants_services.create_role(acme, key="rollouts", name="Rollouts", verbs=[verb], actor=system)
    grant(dora, role, acme)

    with pytest.raises(NotAllowed, match=r"flag\.configure"):
        SERVICES[service](rollout, actor_of(dora))
    both = [verb, "flag.configure"]
    tenants_services.edit_role(role, verbs=both, actor=system)
    assert SERVICES[service](rollout, actor_of(dora))


def test_the_right_to_configure_alone_is_not_enough(
    ready: Any, development: Environment, acme: Organization, a_member: Callable[[str, Role], User], system: Actor
) -> None:
    rollout = ready("start", development)
    dora = a_member("Dora", Role.VIEWER)
    role = tenants_services.create_role(acme, key="flags", name="Flags", verbs=["flag.configure"], actor=system)
    grant(dora, role, acme)

    with pytest.raises(NotAllowed, match=r"rollout\.start"):
        services.start(rollout, actor=actor_of(dora))
    assert flag_services.set_rollout(rollout.flag, development, {"on": 1, "off": 99}, actor=actor_of(dora)).changed


def test_those_who_see_the_environment_see_its_rollouts(
    ready: Any, development: Environment, as_vera: Actor, as_charlie: Actor
) -> None:
    rollout = ready("start", development)

    assert list(Rollout.objects.visible_to(as_vera)) == [rollout]
    assert not Rollout.objects.visible_to(as_charlie).exists()
