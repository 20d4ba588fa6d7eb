"""Whoever sees a flag may watch it; its owner does from the start, and may stop."""

from collections.abc import Callable

import pytest

from flags import services
from flags.models import Flag, Watch
from flags.watching.watchers import Watching, watched_by, watching
from tenants import services as tenant_services
from tenants.actors import Actor
from tenants.models import Environment, Project, User
from tenants.permissions import NotAllowed, actor_of, grant
from tenants.problems import Invalid
from tenants.roles import Role

pytestmark = pytest.mark.django_db


def watched_flags(person: User) -> list[str]:
    return list(Flag.objects.filter(watched_by(person)).order_by("key").values_list("key", flat=True))


@pytest.mark.parametrize("role", ["as_vera", "as_bob", "as_ada", "as_alice"])
def test_whoever_sees_it_watches_it_and_stops(checkout: Flag, role: str, request: pytest.FixtureRequest) -> None:
    actor: Actor = request.getfixturevalue(role)
    assert actor.user is not None

    services.watch_flag(checkout, actor=actor)
    assert watching(checkout, actor.user) == Watching(True)
    assert watched_flags(actor.user) == ["checkout"]

    services.unwatch_flag(checkout, actor=actor)
    assert watching(checkout, actor.user) == Watching(False)
    assert not Watch.objects.exists()


def test_an_outsider_neither_watches_it_nor_stops(checkout: Flag, as_charlie: Actor) -> None:
    for act in (services.watch_flag, services.unwatch_flag):
        with pytest.raises(NotAllowed):
            act(checkout, actor=as_charlie)

    assert not Watch.with_deleted.exists()


def test_a_key_watches_nothing(checkout: Flag, system: Actor) -> None:
    with pytest.raises(NotAllowed, match="people watch flags, keys do not"):
        services.watch_flag(checkout, actor=system)


def test_who_sees_one_environment_watches_it_there_and_nowhere_else(
    checkout: Flag, development: Environment, production: Environment, a_user: Callable[[str], User]
) -> None:
    dora = a_user("Dora")
    grant(dora, Role.VIEWER, development)

    services.watch_flag(checkout, environments=[development], actor=actor_of(dora))
    assert watching(checkout, dora).environments == (development.pk,)

    with pytest.raises(Invalid, match="no such environment"):
        services.watch_flag(checkout, environments=[production], actor=actor_of(dora))


def test_an_environment_of_another_project_is_none(checkout: Flag, as_bob: Actor, system: Actor, shop: Project) -> None:
    other = tenant_services.create_project(shop.organization, key="app", name="App", actor=system)
    elsewhere = tenant_services.create_environment(other, key="live", name="Live", actor=system)

    with pytest.raises(Invalid, match="no such environment"):
        services.watch_flag(checkout, environments=[elsewhere], actor=as_bob)


def test_an_owner_watches_from_the_start_and_may_stop(a_flag: Callable[..., Flag], bob: User, as_bob: Actor) -> None:
    flag = a_flag("banner", owner=bob.email)
    assert watching(flag, bob) == Watching(True, as_owner=True)
    assert watched_flags(bob) == ["banner"]

    services.unwatch_flag(flag, actor=as_bob)
    assert watching(flag, bob) == Watching(False)
    assert watched_flags(bob) == []

    services.watch_flag(flag, actor=as_bob)
    assert watched_flags(bob) == ["banner"]


def test_who_is_owner_no_more_watches_no_more(
    a_flag: Callable[..., Flag], bob: User, vera: User, system: Actor
) -> None:
    flag = a_flag("banner", owner=bob.email)

    services.edit_flag(flag, {"owner": vera.email}, actor=system)

    assert (watched_flags(bob), watched_flags(vera)) == ([], ["banner"])


def test_where_is_chosen_anew_and_since_when_stays(checkout: Flag, development: Environment, as_bob: Actor) -> None:
    services.watch_flag(checkout, actor=as_bob)
    since = Watch.objects.get().since

    services.watch_flag(checkout, environments=[development], actor=as_bob)

    row = Watch.objects.get()
    assert (row.environments, row.since) == ([development.pk], since)
