"""A tenant from nothing, for a container, a test or a script that has no browser; what exists already is found."""

import secrets
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction

from tenants import outbox, services
from tenants.actors import Actor
from tenants.changes import faults_of, locked
from tenants.models import ApiKey, Environment, Membership, Organization, Project, User
from tenants.permissions import roles_on
from tenants.problems import Conflict, Fault, Invalid
from tenants.roles import Role
from tenants.services.founding import color_of
from tenants.services.giving import Place

KEY_NAME = "bootstrap"
OPERATOR = Actor.system("bootstrap")
Row = TypeVar("Row", Organization, Project, Environment, User)


def bootstrap(
    organization: str,
    project: str,
    environments: Sequence[str],
    email: str,
    password: str | None = None,
    new_keys: bool = False,
    name: str = "",
) -> dict[str, Any]:
    """Create or find all of it; the document names everything, and what is secret only when it was made just now.

    `new_keys` revokes the keys that an earlier bootstrap made and makes new ones; `name` is what a new person is called.
    When it returns, the environments' manifests are published. Raises `Invalid` with every fault, `Conflict` for a slug
    or key that is reserved.
    """
    _check(organization, project, environments, email)
    owner, shown_password = _owner(email.lower(), password, name)
    tenant = _organization(organization, owner)
    home = _project(tenant, project)
    places = [_environment(home, key) for key in environments]
    document = {
        "organization": {"id": tenant.id, "slug": tenant.slug},
        "project": {"id": home.id, "key": home.key},
        "owner": {"email": owner.email, "password": shown_password},
        "environments": {place.key: _environment_document(place, new_keys) for place in places},
        "relay_key": _secret("relay", home, new_keys),
        "token": _secret("token", home, new_keys, role=Role.ADMIN),
        "urls": {"control_plane": settings.PUBLIC_URL, "relay": settings.RELAY_PUBLIC_URL},
    }
    outbox.drain()
    return document


def _check(organization: str, project: str, environments: Sequence[str], email: str) -> None:
    faults = [
        *_faults_at("organization", Organization(slug=organization, name="."), "slug"),
        *_faults_at("project", Project(key=project, name="."), "key"),
        *_faults_at("email", User(email=email.lower()), "email"),
    ]
    for position, key in enumerate(environments):
        faults += _faults_at(f"environments[{position}]", Environment(key=key, name="."), "key")
        if key in environments[:position]:
            faults.append(Fault(f"environments[{position}]", f'"{key}" is named twice.'))
    if not environments:
        faults.append(Fault("environments", "Name at least one."))
    if faults:
        raise Invalid(faults)


def _faults_at(path: str, row: Any, field: str) -> Iterable[Fault]:
    value = getattr(row, field)
    return (Fault(path, f'"{value}": {fault.message}') for fault in faults_of(row) if fault.path == field)


def _owner(email: str, password: str | None, name: str) -> tuple[User, str | None]:
    """The person, and the password if it was set just now."""
    password = password or secrets.token_urlsafe(12)
    owner, is_new = _found_or_made(
        User.objects.filter(email=email),
        lambda: services.register_user(email=email, password=password, name=name, actor=OPERATOR),
    )
    return owner, password if is_new else None


def _organization(slug: str, owner: User) -> Organization:
    found, is_new = _found_or_made(
        Organization.objects.filter(slug=slug),
        lambda: services.create_organization(slug=slug, name=_title(slug), owner=owner, actor=OPERATOR),
    )
    if not is_new and roles_on(found).get(owner.id) != Role.OWNER:
        _make_owner(found, owner)
    return found


def _make_owner(organization: Organization, owner: User) -> None:
    if Membership.objects.filter(organization=organization, user=owner).exists():
        services.set_role(organization, user=owner, role=Role.OWNER, actor=OPERATOR)
    else:
        services.add_member(organization, user=owner, role=Role.OWNER, actor=OPERATOR)


def _project(organization: Organization, key: str) -> Project:
    return _found_or_made(
        Project.objects.filter(organization=organization, key=key),
        lambda: services.create_project(organization, key=key, name=_title(key), actor=OPERATOR),
    )[0]


def _environment(project: Project, key: str) -> Environment:
    return _found_or_made(
        Environment.objects.filter(project=project, key=key),
        lambda: services.create_environment(project, key=key, name=_title(key), color=color_of(key), actor=OPERATOR),
    )[0]


def _found_or_made(rows: Any, make: Callable[[], Row]) -> tuple[Row, bool]:
    """The row, and whether it was made here. Of two bootstraps at once one makes it and the other finds it."""
    found: Row | None = rows.first()
    if found is not None:
        return found, False
    try:
        return make(), True
    except Conflict:
        found = rows.all().first()
        if found is None:  # reserved by something deleted
            raise
        return found, False


def _title(key: str) -> str:
    return key.replace("-", " ").capitalize()


def _environment_document(environment: Environment, new_keys: bool) -> dict[str, str | None]:
    return {
        "id": environment.id,
        "client_key": _secret("client", environment, new_keys),
        "server_key": _secret("server", environment, new_keys),
    }


def _secret(kind: str, place: Place, new_keys: bool, role: Role | None = None) -> str | None:
    """The key that bootstrap keeps here, made when there is none; None for one whose secret was shown before."""
    if new_keys:
        for api_key in _kept(kind, place):
            services.revoke_api_key(api_key, actor=OPERATOR, comment="bootstrap --new-keys")
    with transaction.atomic():
        locked(place)  # of two bootstraps at once one makes the key, and the other finds it
        found = _kept(kind, place).first()
        if found is not None:
            return found.readable or None
        _, secret = services.create_api_key(kind=kind, scope=place, name=KEY_NAME, role=role, actor=OPERATOR)
        return secret


def _kept(kind: str, place: Place) -> Any:
    inside = {} if isinstance(place, Environment) else {"environment": None}
    scope, place_id = place.scopes[0]
    return ApiKey.objects.usable().filter(**{f"{scope}_id": place_id}, **inside, kind=kind, name=KEY_NAME)
