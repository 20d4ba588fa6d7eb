"""Projects: what has flags of its own."""

from typing import Any

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from tenants import selectors, services
from tenants.api import schema
from tenants.api.bodies import read_members
from tenants.api.documents import project_document
from tenants.api.doors import OrganizationView, created
from tenants.api.organizations import refuse_other_key
from tenants.api.problems import found
from tenants.models import Project
from tenants.permissions import allowed

READ_ONLY = ("id", "created_at", "max_prerequisite_depth")
MEMBERS = {"key": str, "name": str}


@schema.projects
class Projects(OrganizationView):
    """The projects of an organization that the caller sees, by key."""

    def get(self, request: Request, **names: str) -> Response:
        self.listed()
        projects = Project.objects.visible_to(self.actor).filter(organization=self.organization)
        return self.page(projects, lambda page: [project_document(project) for project in page], by="key")

    def post(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        given = read_members(_written(body), MEMBERS, required=["key"])
        return self.create(given["key"], given, comment)

    def create(self, key: str, given: dict[str, Any], comment: str) -> Response:
        name = given.get("name", key)
        project = services.create_project(self.organization, key=key, name=name, actor=self.actor, comment=comment)
        address = reverse("tenants_api:project", args=[self.organization.slug, project.key])
        return created(project_document(project), address)


@schema.project
class OneProject(Projects):
    """One project."""

    http_method_names = ["get", "head", "put", "patch", "delete"]
    project: Project | None = None

    def find(self, **names: str) -> None:
        super().find(**names)
        self.project = selectors.find_project(self.actor, names["organization"], names["project"])
        if self.request.method != "PUT":
            found(self.project)

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        return Response(project_document(found(self.project)))

    def put(self, request: Request, **names: str) -> Response:
        if self.project is not None and not self.must_be_new():
            return self.patch(request, **names)
        body, comment = self.read()
        given = read_members(_written(body), MEMBERS)
        refuse_other_key(given, "key", names["project"])
        return self.create(names["project"], given, comment)

    def patch(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        given = read_members(_written(body), MEMBERS)
        refuse_other_key(given, "key", names["project"])
        project = found(self.project)
        project = services.edit_project(project, name=given.get("name"), actor=self.actor, comment=comment)
        return Response(project_document(project))

    def delete(self, request: Request, **names: str) -> Response:
        services.delete_project(found(self.project), actor=self.actor, comment=self.comment_of_query())
        return Response(status=204)


@schema.undelete_project
class Undelete(OrganizationView):
    """Bring a deleted project back."""

    project: Project

    def find(self, **names: str) -> None:
        super().find(**names)
        rows = Project.with_deleted.filter(organization=self.organization, key=names["project"])
        deleted = rows.select_related("organization").first()
        self.project = found(deleted if deleted and allowed(self.actor, "project.view", deleted) else None)

    def post(self, request: Request, **names: str) -> Response:
        comment = self.read_comment_alone()
        return Response(project_document(services.undelete_project(self.project, actor=self.actor, comment=comment)))


def _written(body: dict[str, Any]) -> dict[str, Any]:
    """The body without what only answers have."""
    return {name: value for name, value in body.items() if name not in READ_ONLY}
