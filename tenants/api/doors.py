"""What every view of the management API shares: who calls, in which place, which version they saw, and problems for errors."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from django.http import Http404
from rest_framework.exceptions import MethodNotAllowed, NotAuthenticated
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tenants import selectors
from tenants.actors import Actor
from tenants.api import idempotency, problems
from tenants.api.authentication import PersonAuthentication, TokenAuthentication
from tenants.api.bodies import read_members
from tenants.api.pagination import PARAMETERS, Pages
from tenants.api.parsers import StrictJsonParser
from tenants.api.problems import Refused, bad_request, found, problem, refuse
from tenants.mfa_policy import closed_to
from tenants.models import Environment, Organization, Project
from tenants.problems import Fault, Invalid, VersionConflict
from tenants.roles import AnyRole, Role

VERSION_TAG = re.compile(r'"([0-9]{1,9})"')
NO_SECOND_FACTOR = "This organization asks its people for a second factor: set one up at /accounts/mfa/ first."
NO_LOGIN = "Log in, or send a token as Authorization: Bearer ff_token_…"


class OneRepresentation(BaseContentNegotiation):
    """Everything is JSON, whatever was asked for."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        media_type = (request.content_type or "").split(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == media_type), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class ManagementView(APIView):
    """Finds the place, or answers 404, before anything else is said: even a 405 tells that something is there."""

    authentication_classes: Sequence[Any] = [TokenAuthentication, PersonAuthentication]
    permission_classes: Sequence[Any] = []
    parser_classes: Sequence[Any] = [StrictJsonParser]
    renderer_classes: Sequence[Any] = [JSONRenderer]
    content_negotiation_class = OneRepresentation
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    # Whether one may come without a login.
    is_open = False
    # Whether the thing has a version that If-Match can name.
    versioned = False
    attempt: idempotency.Attempt | None = None

    def initial(self, request: Request, *args: Any, **names: Any) -> None:
        super().initial(request, *args, **names)
        if request.auth is None and not self.is_open:
            raise NotAuthenticated(NO_LOGIN)
        self.find_or_say_why(**names)
        if not self.versioned and "If-Match" in request.headers and request.method not in ("GET", "HEAD"):
            raise bad_request("If-Match: what lies here has no version.")
        if request.method == "POST" and hasattr(self, "post") and not self.is_open:
            self.attempt = idempotency.begin(self.actor, request)

    def find_or_say_why(self, **names: str) -> None:
        """A person whom only a second factor is missing is told so, and nothing else of what lies here."""
        try:
            self.find(**names)
        except Http404:
            if self.actor.user is not None and names.get("organization") in closed_to(self.actor.user):
                raise Refused(403, "second-factor-required", "A second factor is asked for", NO_SECOND_FACTOR) from None
            raise

    def find(self, **names: str) -> None:
        """Set what the address names, or raise Http404."""

    @property
    def actor(self) -> Actor:
        actor: Any = self.request.auth
        return cast(Actor, actor)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer["Cache-Control"] = "private, no-store"
        if self.attempt is not None and answer.status_code < 300:
            self.attempt.succeed(answer, self.to_keep(answer.data))
        elif self.attempt is not None:
            self.attempt.fail()
        return answer

    def to_keep(self, data: Any) -> Any:
        """The answer as it may be kept for a repeated request."""
        return data

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, idempotency.Replayed):
            return exc.response
        if isinstance(exc, MethodNotAllowed):
            allow = ", ".join(self.allowed_methods)
            detail = f"This address takes {allow}."
            return problem(405, "method-not-allowed", "Method not allowed", detail, headers={"Allow": allow})
        answer = self.answer_to(exc)
        if answer is None:
            raise exc
        return answer

    def answer_to(self, error: Exception) -> Response | None:
        return problems.answer_to(error)

    # What came

    def read(self) -> tuple[dict[str, Any], str]:
        """The members of the body, and its comment apart from them."""
        body = self.request.data
        if not isinstance(body, dict):
            raise refuse("", "the body must be an object")
        members = dict(body)
        comment = members.pop("comment", "")
        if not isinstance(comment, str):
            raise refuse("comment", "must be a text")
        return members, comment

    def read_comment_alone(self) -> str:
        members, comment = self.read()
        read_members(members, {})
        return comment

    def asked(self, *names: str) -> dict[str, str]:
        """The query's members, of these names alone: a mistyped filter must not show everything."""
        given: dict[str, str] = self.request.query_params.dict()
        faults = [
            Fault(name if name.isprintable() else "", f"unknown; this address takes {', '.join(names) or 'no query'}")
            for name in given
            if name not in names
        ]
        faults += [Fault(name, "holds a NUL character") for name, value in given.items() if "\0" in value]
        if faults:
            raise Invalid(faults)
        return given

    def listed(self, *names: str) -> dict[str, str]:
        """The same for a list, which comes in pages."""
        return self.asked(*names, *PARAMETERS)

    def comment_of_query(self) -> str:
        """A DELETE has no body, so its comment comes as `?comment=`."""
        return self.asked("comment").get("comment", "")

    def must_be_new(self) -> bool:
        """Whether `If-None-Match: *` asks to create and never to overwrite."""
        given = self.request.headers.get("If-None-Match")
        if given not in (None, "*"):
            raise bad_request("If-None-Match: with PUT only * is understood: create, do not overwrite.")
        return given == "*"

    # What goes

    def page(self, rows: Any, show: Callable[[list[Any]], list[Any]], *, by: str) -> Response:
        pages = Pages(by)
        return pages.get_paginated_response(show(pages.paginate_queryset(rows, self.request, self)))


class VersionedView(ManagementView):
    """What lies here has a version: answered as an ETag, compared by If-Match."""

    versioned = True
    # The version that a change was made from; None: whatever is there.
    expected: int | None = None

    def if_match(self) -> int | None:
        given = self.request.headers.get("If-Match")
        if given is None:
            return None
        match = VERSION_TAG.fullmatch(given)
        if match is None:
            raise bad_request('If-Match: write the version in quotes, as in If-Match: "7".')
        self.expected = int(match[1])
        return self.expected

    def refuse_missing(self) -> None:
        """For a PUT that would create although If-Match names a version."""
        if self.expected is not None:
            raise VersionConflict(f"You edited version {self.expected}, but there is nothing here.")


def tagged(document: Mapping[str, Any], *, status: int = 200, location: str = "") -> Response:
    """The document of something that has a version."""
    headers = {"ETag": f'"{document["version"]}"'} | ({"Location": location} if status == 201 else {})
    return Response(document, status=status, headers=headers)


def created(document: Mapping[str, Any], location: str) -> Response:
    return Response(document, status=201, headers={"Location": location})


class OrganizationView(ManagementView):
    organization: Organization

    def find(self, **names: str) -> None:
        self.organization = found(selectors.find_organization(self.actor, names["organization"]))

    def role_named(self, name: str) -> AnyRole:
        """One of the four, or one of the organization's own by its key."""
        four = {role.label: role for role in Role}
        role = four.get(name) or selectors.find_role(self.actor, self.organization, _plain(name))
        if role is None:
            raise refuse("role", f"choose one of {', '.join(four)}, or a role that the organization made for itself")
        return role

    def place(self, given: dict[str, Any]) -> Organization | Project | Environment:
        """The scope that a query or a body names: the organization, a project, or an environment of it."""
        if "project" not in given:
            if "environment" in given:
                raise refuse("project", "is missing: say in which project the environment is")
            return self.organization
        project = selectors.find_project(self.actor, self.organization.slug, _plain(given["project"]))
        if project is None:
            raise refuse("project", "there is no such project in this organization")
        if "environment" not in given:
            return project
        place = (self.organization.slug, project.key, _plain(given["environment"]))
        environment = selectors.find_environment(self.actor, *place)
        if environment is None:
            raise refuse("environment", "there is no such environment in this project")
        return environment


def _plain(text: str) -> str:
    """What no key can hold cannot be looked for either: PostgreSQL refuses it."""
    return text if text.isascii() and text.isprintable() else ""


class ProjectView(ManagementView):
    project: Project

    def find(self, **names: str) -> None:
        self.project = found(selectors.find_project(self.actor, names["organization"], names["project"]))


class EnvironmentView(ManagementView):
    environment: Environment

    def find(self, **names: str) -> None:
        place = (names["organization"], names["project"], names["environment"])
        self.environment = found(selectors.find_environment(self.actor, *place))
