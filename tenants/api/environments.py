"""Environments: where flags have state."""

from typing import Any

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from tenants import selectors, services
from tenants.api import schema
from tenants.api.bodies import read_members
from tenants.api.documents import environment_document
from tenants.api.doors import ProjectView, created
from tenants.api.organizations import refuse_other_key
from tenants.api.problems import found
from tenants.models import Environment
from tenants.permissions import allowed

READ_ONLY = ("id", "created_at")
NEW = {"key": str, "name": str, "color": str, "is_protected": bool}
MEMBERS = NEW | {"position": int}
# What a PUT leaves out. The name and the position have no default once an environment is made: they stay.
DEFAULTS = {"color": Environment.Color.LAKE.value, "is_protected": False}


@schema.environments
class Environments(ProjectView):
    """The environments of a project that the caller sees, oldest first."""

    def get(self, request: Request, **names: str) -> Response:
        self.listed()
        environments = Environment.objects.visible_to(self.actor).filter(project=self.project)
        return self.page(environments, lambda page: [environment_document(one) for one in page], by="id")

    def post(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        return self.create(read_members(_written(body), NEW, required=["key"]), comment)

    def create(self, given: dict[str, Any], comment: str) -> Response:
        given = {"name": given["key"]} | given
        environment = services.create_environment(self.project, **given, actor=self.actor, comment=comment)
        place = (self.project.organization.slug, self.project.key, environment.key)
        return created(environment_document(environment), reverse("tenants_api:environment", args=place))


@schema.environment
class OneEnvironment(Environments):
    """One environment."""

    http_method_names = ["get", "head", "put", "patch", "delete"]
    environment: Environment | None = None

    def find(self, **names: str) -> None:
        super().find(**names)
        place = (names["organization"], names["project"], names["environment"])
        self.environment = selectors.find_environment(self.actor, *place)
        if self.request.method != "PUT":
            found(self.environment)

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        return Response(environment_document(found(self.environment)))

    def put(self, request: Request, **names: str) -> Response:
        given, comment = self._given(names["environment"])
        if self.environment is not None and not self.must_be_new():
            return self._edit(self.environment, DEFAULTS | given, comment)
        given.pop("position", None)  # the newest stands last
        return self.create(given | {"key": names["environment"]}, comment)

    def patch(self, request: Request, **names: str) -> Response:
        given, comment = self._given(names["environment"])
        return self._edit(found(self.environment), given, comment)

    def delete(self, request: Request, **names: str) -> Response:
        services.delete_environment(found(self.environment), actor=self.actor, comment=self.comment_of_query())
        return Response(status=204)

    def _given(self, key: str) -> tuple[dict[str, Any], str]:
        body, comment = self.read()
        given = read_members(_written(body), MEMBERS)
        refuse_other_key(given, "key", key)
        given.pop("key", None)
        return given, comment

    def _edit(self, environment: Environment, given: dict[str, Any], comment: str) -> Response:
        edited = services.edit_environment(environment, **given, actor=self.actor, comment=comment)
        return Response(environment_document(edited))


@schema.undelete_environment
class Undelete(ProjectView):
    """Bring a deleted environment back."""

    environment: Environment

    def find(self, **names: str) -> None:
        super().find(**names)
        rows = Environment.with_deleted.filter(project=self.project, key=names["environment"])
        deleted = rows.select_related("organization").first()
        self.environment = found(deleted if deleted and allowed(self.actor, "environment.view", deleted) else None)

    def post(self, request: Request, **names: str) -> Response:
        comment = self.read_comment_alone()
        back = services.undelete_environment(self.environment, actor=self.actor, comment=comment)
        return Response(environment_document(back))


def _written(body: dict[str, Any]) -> dict[str, Any]:
    """The body without what only answers have."""
    return {name: value for name, value in body.items() if name not in READ_ONLY}
