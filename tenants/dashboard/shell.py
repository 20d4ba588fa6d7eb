"""What lies around every page: where one is, where one may go, and what one may do here."""

from functools import cached_property
from operator import add
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from tenants import maintenance, selectors
from tenants.actors import Actor
from tenants.models import Organization, Project
from tenants.permissions import allowed, titles_on
from tenants.roles import LOWEST_ROLE

# The switcher offers this many; the page of the organization has all.
OFFERED = 30
THEMES = ("light", "dark")
LAST_PROJECT = "last_project"
# Stands for a key in the address of a route, and is none of anything.
BLANK = "--BLANK--"


def theme_of(request: HttpRequest) -> str:
    """The theme that this browser chose; "" follows the system."""
    theme = request.COOKIES.get("theme", "")
    return theme if theme in THEMES else ""


class Shell:
    """Asked by the templates; each question costs its query once, and only where a template asks it."""

    def __init__(self, request: HttpRequest, actor: Actor) -> None:
        self.request = request
        self.actor = actor
        self.organization: Organization | None = None
        self.project: Project | None = None
        self._routes: dict[tuple[str, int], list[str]] = {}

    def enter(self, organization: Organization, project: Project | None = None) -> None:
        """Where the page lies. The last project is where `/` leads to."""
        self.organization, self.project = organization, project
        if project is not None:
            place = [organization.slug, project.key]
            if self.request.session.get(LAST_PROJECT) != place:
                self.request.session[LAST_PROJECT] = place

    def address(self, name: str, *rest: str) -> str:
        """Of the route, with the keys of this place and these; Django is asked for each route once."""
        route = name, len(rest)
        if route not in self._routes:
            place = [self.organization and self.organization.slug, self.project and self.project.key]
            self._routes[route] = reverse(name, args=[*filter(None, place), *[BLANK] * len(rest)]).split(BLANK)
        begin, *parts = self._routes[route]
        return begin + "".join(map(add, rest, parts))

    @property
    def theme(self) -> str:
        return theme_of(self.request)

    @property
    def here(self) -> str:
        """The name of this page's route, by which the navigation knows what is current."""
        match = self.request.resolver_match
        return match.view_name if match is not None else ""

    @property
    def maintenance(self) -> str:
        """What people are told while nothing can be changed; "" while it can."""
        return maintenance.told() if maintenance.is_on() else ""

    @cached_property
    def place(self) -> Any:
        return self.project or self.organization

    @cached_property
    def may(self) -> frozenset[str]:
        """The verbs that the actor may do here: `{% if "flag.create" in shell.may %}`."""
        return self.may_on(self.place) if self.place is not None else frozenset()

    def may_on(self, place: Any) -> frozenset[str]:
        return frozenset(verb for verb in LOWEST_ROLE if allowed(self.actor, verb, place))

    @cached_property
    def role(self) -> str:
        """What one is here, in words; "" for who holds no role as wide as this place."""
        titles = titles_on(self.actor, self.place) if self.place is not None else []
        return " and ".join(titles) or ("superuser" if self.actor.may_everything else "")

    @cached_property
    def organizations(self) -> list[Organization]:
        return list(selectors.organizations_of(self.actor)[:OFFERED])

    @cached_property
    def projects(self) -> list[Project]:
        return list(selectors.projects_of(self.actor, self.organization)[:OFFERED]) if self.organization else []

    @cached_property
    def environments(self) -> list[Any]:
        """Those of the project that the actor sees, in their order."""
        return list(selectors.environments_of(self.actor, self.project)) if self.project else []
