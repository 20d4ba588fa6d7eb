"""The cast. Alice owns Acme, Ada is its admin, Bob a member, Vera a viewer; Charlie owns Globex and must see nothing of Acme."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection, connections
from django.test import Client
from hypothesis import HealthCheck, settings

from flags.models import Flag, FlagConfig
from tenants import runtime, services
from tenants.actors import Actor
from tenants.models import Environment, Organization, Project, User
from tenants.permissions import actor_of
from tenants.roles import Role
from tests import flush, lanes, migrated
from tests.stage import Stage, begin
from tests.standing import Ground, standing_ground

PASSWORD = "correct horse battery staple"
ActingAs = Callable[[User], Actor]
AtOnce = Callable[..., list[object]]
# Answers of the test client have a context that its types leave out.
Browser = Callable[[User], Any]

# How long an example takes says more about the machine than about the code.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
flush.install()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Whoever asks for everything, as a lane does, need not read what it then leaves out."""
    is_asked_for = config.args_source == config.ArgsSource.ARGS or not config.option.markexpr
    if is_asked_for or not collection_path.name.startswith("test_") or collection_path.suffix != ".py":
        return None
    return None if lanes.may_be_meant(collection_path, config.rootpath, config.option.markexpr) else True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        for marker in lanes.markers_of(item.path.relative_to(config.rootpath).as_posix()):
            item.add_marker(marker)


@pytest.fixture(scope="session")
def django_db_keepdb(
    request: pytest.FixtureRequest, django_db_keepdb: bool, django_db_modify_db_settings: None
) -> bool:
    """Where an earlier run left a migrated SQLite database, this one begins with a copy of it."""
    folder = _of_earlier_runs(request)
    if folder is None or django_db_keepdb:
        return django_db_keepdb
    return migrated.lay_or_take_turn(folder, connection.settings_dict["TEST"]["NAME"])


@pytest.fixture(scope="session")
def django_db_setup(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    folder = _of_earlier_runs(request)
    if folder is not None:
        with django_db_blocker.unblock():
            migrated.keep(folder)
    yield
    # Whoever was killed holds a connection until PostgreSQL finds out, and the database could not be dropped.
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(scope="session")
def lay_migrated(request: pytest.FixtureRequest, django_db_setup: None) -> Callable[[Path], None]:
    """Puts a migrated SQLite database at a path, for an installation of a test's own. Where there is none, it migrates."""
    folder = _of_earlier_runs(request)

    def lay(database: Path) -> None:
        if folder is not None:
            database.parent.mkdir(parents=True)
            migrated.lay(folder, database)

    return lay


def _of_earlier_runs(request: pytest.FixtureRequest) -> Path | None:
    has_cache = request.config.pluginmanager.hasplugin("cacheprovider")
    return request.config.cache.mkdir("migrated") if has_cache and connection.vendor == "sqlite" else None


def pytest_runtest_setup(item: pytest.Item) -> None:
    begin()
    runtime.forget_everything()


@pytest.fixture
def stage(db: None) -> Stage:
    return Stage()


@pytest.fixture
def a_user(db: None) -> Callable[[str], User]:
    """Registers somebody by first name."""

    def register(name: str) -> User:
        email = f"{name.lower()}@example.com"
        return services.register_user(email=email, password=PASSWORD, name=name, actor=Actor.anonymous())

    return register


@pytest.fixture
def acting() -> ActingAs:
    """The actor behind a user, with the grants of this moment."""
    return actor_of


@pytest.fixture
def browser() -> Browser:
    """A browser in which somebody is logged in."""

    def of(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return of


@pytest.fixture
def system() -> Actor:
    return Actor.system("test")


@pytest.fixture
def alice(stage: Stage, a_user: Callable[[str], User]) -> User:
    return stage.enter("alice", lambda: a_user("Alice"))


@pytest.fixture
def acme(stage: Stage, alice: User) -> Organization:
    return stage.enter(
        "acme", lambda: services.create_organization(slug="acme", name="Acme", owner=alice, actor=actor_of(alice))
    )


@pytest.fixture
def a_member(acme: Organization, a_user: Callable[[str], User]) -> Callable[[str, Role], User]:
    """Registers somebody and lets them into Acme with a role."""

    def add(name: str, role: Role) -> User:
        user = a_user(name)
        services.add_member(acme, user=user, role=role, actor=Actor.system("test"))
        return user

    return add


@pytest.fixture
def ada(stage: Stage, a_member: Callable[[str, Role], User]) -> User:
    return stage.enter("ada", lambda: a_member("Ada", Role.ADMIN))


@pytest.fixture
def bob(stage: Stage, a_member: Callable[[str, Role], User]) -> User:
    return stage.enter("bob", lambda: a_member("Bob", Role.MEMBER))


@pytest.fixture
def vera(stage: Stage, a_member: Callable[[str, Role], User]) -> User:
    return stage.enter("vera", lambda: a_member("Vera", Role.VIEWER))


@pytest.fixture
def charlie(stage: Stage, a_user: Callable[[str], User]) -> User:
    return stage.enter("charlie", lambda: a_user("Charlie"))


@pytest.fixture
def verified(charlie: User) -> User:
    """Charlie, whose address is known to be his."""
    EmailAddress.objects.create(user=charlie, email=charlie.email, verified=True, primary=True)
    return charlie


@pytest.fixture
def globex(stage: Stage, charlie: User) -> Organization:
    return stage.enter(
        "globex",
        lambda: services.create_organization(slug="globex", name="Globex", owner=charlie, actor=actor_of(charlie)),
    )


@pytest.fixture
def as_alice(stage: Stage, alice: User, acme: Organization) -> Actor:
    return stage.look("as_alice", lambda: actor_of(alice))


@pytest.fixture
def as_ada(stage: Stage, ada: User) -> Actor:
    return stage.look("as_ada", lambda: actor_of(ada))


@pytest.fixture
def as_bob(stage: Stage, bob: User) -> Actor:
    return stage.look("as_bob", lambda: actor_of(bob))


@pytest.fixture
def as_vera(stage: Stage, vera: User) -> Actor:
    return stage.look("as_vera", lambda: actor_of(vera))


@pytest.fixture
def as_charlie(stage: Stage, charlie: User, globex: Organization) -> Actor:
    return stage.look("as_charlie", lambda: actor_of(charlie))


@pytest.fixture
def shop(stage: Stage, acme: Organization, system: Actor) -> Project:
    return stage.enter("shop", lambda: services.create_project(acme, key="shop", name="Shop", actor=system))


@pytest.fixture
def development(stage: Stage, shop: Project, system: Actor) -> Environment:
    return stage.enter(
        "development", lambda: services.create_environment(shop, key="development", name="Development", actor=system)
    )


@pytest.fixture
def production(stage: Stage, shop: Project, system: Actor) -> Environment:
    """A protected one."""
    return stage.enter(
        "production",
        lambda: services.create_environment(shop, key="production", name="Production", is_protected=True, actor=system),
    )


@pytest.fixture(scope="module")
def ground(django_db_setup: None, django_db_blocker: Any) -> Iterator[Ground]:
    """For modules of many small tests: what a fixture of the module adds stands as long; a test takes a deep copy."""
    with standing_ground(django_db_blocker):
        yield _laid_ground()


def _laid_ground() -> Ground:
    system = Actor.system("test")
    alice, ada = (
        services.register_user(
            email=f"{name.lower()}@example.com", password=PASSWORD, name=name, actor=Actor.anonymous()
        )
        for name in ("Alice", "Ada")
    )
    acme = services.create_organization(slug="acme", name="Acme", owner=alice, actor=actor_of(alice))
    services.add_member(acme, user=ada, role=Role.ADMIN, actor=system)
    shop = services.create_project(acme, key="shop", name="Shop", actor=system)
    development = services.create_environment(shop, key="development", name="Development", actor=system)
    production = services.create_environment(shop, key="production", name="Production", is_protected=True, actor=system)
    return Ground(alice, ada, acme, shop, development, production)


@pytest.fixture
def at_once() -> AtOnce:
    """Starts all the calls in the same moment, each in a thread with a connection of its own; gives back what each
    returned, or the exception that ended it. For tests marked `django_db(transaction=True)`."""

    def run_at_once(*calls: Callable[[], object]) -> list[object]:
        ready = threading.Barrier(len(calls))

        def run(call: Callable[[], object]) -> object:
            ready.wait(10)
            try:
                return call()
            except Exception as error:
                return error
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(run, calls))

    return run_at_once


@pytest.fixture
def connection_stays() -> Iterator[None]:
    """As in Django's own test client: a request ends, the test's transaction does not."""
    ends = (request_started, request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    yield
    for signal in ends:
        signal.connect(close_old_connections)


FilledTo = Callable[[int], None]


@pytest.fixture
def filled_to(shop: Project, alice: User, development: Environment, production: Environment) -> FilledTo:
    """Makes flags up to that many, each with an owner, a tag and a state in two environments."""

    def make(count: int) -> None:
        made = [
            Flag(
                organization=shop.organization,
                project=shop,
                key=f"flag-{number:04}",
                name="A flag",
                variants={"on": True, "off": False},
                tags=[f"tag-{number % 7}"],
                owner=alice,
            )
            for number in range(Flag.objects.count(), count)
        ]
        Flag.objects.bulk_create(made)
        FlagConfig.objects.bulk_create(
            FlagConfig(organization=shop.organization, flag=flag, environment=environment, enabled=True)
            for flag in made
            for environment in (development, production)
        )

    return make
