"""What is Acme's is to an outsider as what is not there at all: the same status, headers and body, at every URL and method.

Each URL that names something is asked twice, with a name of Acme's and with one that nobody has; then once more inside the
outsider's own organization, so that an id alone opens nothing either.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from analytics.guardrails.services import create_guardrail
from analytics.models import ExclusionGroup, Experiment, Metric
from analytics.rollouts import services as rollouts
from analytics.rollouts.steps import Step
from flags import services as flag_services
from flags.models import Flag, SavedView
from tenants import outbox, services
from tenants.actors import Actor
from tenants.models import Environment, Organization, Project, User
from tenants.roles import Role
from tests.contracts.test_outsider import AREAS, DJANGO_ROUTES, FILLINGS

# Each walks hundreds of addresses, beside everything else that runs meanwhile.
pytestmark = [pytest.mark.django_db, pytest.mark.timeout(1800)]

METHODS = ("get", "post", "put", "patch", "delete")
PLACEHOLDER = re.compile(r"<(?:\w+:)?(\w+)>")
NOBODY = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
# Where a secret opens, not a name, and what is no name of ours.
SECRETS = {"secret", "uidb36", "app_label", "url", "rest", "action", "content_type_id", "pk", "slug", "picture"}
# What names a thing wherever it lies; other names are those of the place around them.
IDS = {
    "api_key",
    "member",
    "invitation",
    "sha256",
    "deleted",
    "purge",
    "webhook",
    "alert",
    "event",
    "saved_view",
    "trigger",
    "rollout",
    "guardrail",
}
TOLD_OF = {"name": "Checkout fails", "source": "errors", "variant": "on", "budget": 0.02}
# What differs between any two answers.
VARYING = {"X-Request-Id", "Set-Cookie", "Content-Length", "RateLimit", "RateLimit-Policy", "ETag", "Expires"}
MASKED = re.compile(r'(?<=name="csrfmiddlewaretoken" value=")\w+|\b[0-9A-HJKMNP-TV-Z]{26}\b|\b\d{4}-\d\d-\d\dT[\d:.]+Z')


@dataclass(frozen=True)
class Names:
    """What stands for each converter: Acme's own, those of Globex, and those of nobody."""

    acme: Mapping[str, str]
    globex: Mapping[str, str]
    nobody: Mapping[str, str]


@pytest.fixture
def names(shop: Project, development: Environment, globex: Organization, alice: User, system: Actor) -> Names:
    bank = services.create_project(globex, key="bank", name="Bank", actor=system)
    live = services.create_environment(bank, key="live", name="Live", actor=system)
    acme = everything_in(shop, development, alice, "acme", system)
    theirs = everything_in(bank, live, User.objects.get(email="charlie@example.com"), "globex", system)
    outbox.drain()
    nobody = {name: NOBODY if len(value) == 26 else "nowhere" for name, value in acme.items()}
    return Names(acme, theirs, nobody | {"sha256": "0" * 64, "version": "99999"})


def everything_in(project: Project, place: Environment, owner: User, slug: str, system: Actor) -> dict[str, str]:
    flag_services.create_flag(project, {"key": f"{slug}-flag", "type": "boolean"}, actor=system)
    flag_services.create_segment(project, {"key": f"{slug}-staff"}, actor=system)
    api_key, _ = services.create_api_key(kind="server", scope=place, name="web", actor=system)
    invitation, _ = services.invite(project.organization, email="new@example.com", role=Role.VIEWER, actor=system)
    role = services.create_role(
        project.organization, key=f"{slug}-role", name="Toggler", verbs=["flag.toggle"], actor=system
    )
    team = services.create_team(project.organization, key=f"{slug}-team", name="Web", actor=system)
    deleted, ending = (_deleted(project, f"{slug}-{name}", system) for name in ("deleted", "ending"))
    purge = services.purge_now(ending, confirm=ending.key, actor=system)
    flag = Flag.objects.get(key=f"{slug}-flag", project=project)
    trigger, _ = flag_services.create_trigger(flag, place, name="Deploy", action="on", actor=system)
    url = "https://ci.example.com/hooks"
    webhook, _ = services.create_webhook(scope=project.organization, name="CI", url=url, actor=system)
    flag_services.toggle_flag(flag, place, enabled=True, actor=system)
    rollout = rollouts.create(flag, place, variant="off", steps=[Step(1)], actor=system)
    in_project = {"organization": project.organization, "project": project, "name": "It"}
    metric = Metric.objects.create(**in_project, key=f"{slug}-metric", kind="conversion", event="purchase")
    group = ExclusionGroup.objects.create(**in_project, key=f"{slug}-group")
    experiment = Experiment.objects.create(
        **in_project, key=f"{slug}-cta", flag=flag, environment=place, control="off", weights={"off": 50, "on": 50}
    )
    in_project_too = {"organization": project.organization, "project": project}
    view = SavedView.objects.create(**in_project_too, name="On", query="state=production:on")
    return {
        "saved_view": view.id,
        "metric": metric.key,
        "group": group.key,
        "experiment": experiment.key,
        "organization": slug,
        "project": project.key,
        "environment": place.key,
        "flag": f"{slug}-flag",
        "key": f"{slug}-flag",
        "segment": f"{slug}-staff",
        "api_key": api_key.id,
        "member": owner.id,
        "invitation": invitation.id,
        "sha256": api_key.sha256,
        "role": role.key,
        "team": team.key,
        "deleted": deleted.id,
        "purge": purge.id,
        "webhook": webhook.id,
        "alert": services.create_alert(scope=project.organization, name="Nights", actor=system).id,
        "trigger": trigger.id,
        "version": "1",
        "rollout": rollout.id,
        "guardrail": create_guardrail(flag, place, TOLD_OF, actor=system).id,
        "event": services.test_webhook(webhook, actor=system).event_id,
    }


def _deleted(project: Project, key: str, system: Actor) -> Environment:
    environment = services.create_environment(project, key=key, name=key, actor=system)
    services.delete_environment(environment, actor=system)
    return environment


# tests/tenants/admin opens Acme's own rows in the admin, which has four addresses for each table.
NAMING = [
    route for route in DJANGO_ROUTES if set(PLACEHOLDER.findall(route)) - SECRETS and not route.startswith("admin/")
]
NAMING_AREAS = [area for area, routes in AREAS.items() if set(routes) & set(NAMING)]


def test_every_name_in_an_address_is_tried(names: Names) -> None:
    tried = {name for route in NAMING for name in PLACEHOLDER.findall(route)}

    assert tried - SECRETS == names.acme.keys()
    assert len(NAMING) > 100


@pytest.mark.parametrize("area", NAMING_AREAS)
def test_what_is_acmes_is_as_unknown_as_what_is_not_there(
    area: str, names: Names, client: Client, charlie: User, system: Actor
) -> None:
    asking = Asking(client, a_token_of(charlie, system))
    client.force_login(charlie, backend="django.contrib.auth.backends.ModelBackend")

    for route, method in visits(area):
        expected = asking.answer(method, route, names.nobody)

        assert asking.answer(method, route, names.acme) == expected, (route, method)
        if method == "get" and "api/v1/organizations/" in route:
            assert expected[0] == 404, route


@pytest.mark.parametrize("area", NAMING_AREAS)
def test_an_id_of_acmes_opens_nothing_in_an_organization_of_ones_own(
    area: str, names: Names, client: Client, charlie: User, system: Actor
) -> None:
    asking = Asking(client, a_token_of(charlie, system))
    client.force_login(charlie, backend="django.contrib.auth.backends.ModelBackend")

    for route, method in visits(area):
        *_, last = (name for name in PLACEHOLDER.findall(route) if name not in SECRETS)
        if last not in IDS:
            continue
        own = {name: value for name, value in names.globex.items() if name != last}

        expected = asking.answer(method, route, {**own, last: names.nobody[last]})

        assert asking.answer(method, route, {**own, last: names.acme[last]}) == expected, (route, method)


def visits(area: str) -> Iterator[tuple[str, str]]:
    for route in NAMING:
        if route in AREAS[area]:
            cache.clear()
            yield from ((route, method) for method in METHODS)


def a_token_of(person: User, system: Actor) -> str:
    organization = person.memberships.get().organization
    secret = services.create_api_key(kind="token", scope=organization, name="CI", role=Role.OWNER, actor=system)[1]
    return str(secret)


@dataclass
class Asking:
    """An outsider with a browser, and with a token for the API."""

    client: Client
    token: str

    def answer(self, method: str, route: str, names: Mapping[str, str]) -> tuple[int, dict[str, str], str]:
        """What came, without the names that were asked for."""
        is_api = route.startswith("api/")
        sent: dict[str, Any] = {"headers": {"Authorization": f"Bearer {self.token}"}} if is_api else {}
        body = {"data": {}, "content_type": "application/json"} if is_api and method != "get" else {}
        self.client.cookies.pop("messages", None)  # what an answer before had to say
        came = getattr(self.client, method)(address(route, names), **sent, **body)
        headers = {name: hidden(value, names) for name, value in came.items() if name not in VARYING}
        return came.status_code, headers, hidden(came.content.decode(), names)


def address(route: str, names: Mapping[str, str]) -> str:
    for converter, filling in FILLINGS.items():
        name = PLACEHOLDER.fullmatch(converter)
        if name is None or name[1] in SECRETS or name[1] not in names:
            route = route.replace(converter, filling)
    return "/" + PLACEHOLDER.sub(lambda found: names[found[1]], route)


def hidden(text: str, names: Mapping[str, str]) -> str:
    for value in sorted(names.values(), key=len, reverse=True):
        # A number is a name only where an address or a message names it.
        text = re.sub(rf"(?<=[/F“]){value}(?=[/%”])", "…", text) if value.isdigit() else text.replace(value, "…")
    return MASKED.sub("…", text)
