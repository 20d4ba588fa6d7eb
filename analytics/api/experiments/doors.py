"""What the doors of metrics, exclusion groups and experiments do alike: list, create, get, put, edit and delete by key."""

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from flags.api.bodies import keyed, without
from flags.services import Saved
from tenants.api.doors import ProjectView, VersionedView, tagged
from tenants.api.problems import found


class Kind(NamedTuple):
    """The services and selectors of one kind of thing; `answers` are members that only answers have."""

    name: str
    rows: Callable[..., Any]
    find: Callable[..., Any]
    create: Callable[..., Saved[Any]]
    put: Callable[..., Saved[Any]]
    edit: Callable[..., Saved[Any]]
    delete: Callable[..., None]
    document: Callable[[Any], dict[str, Any]]
    answers: tuple[str, ...]

    def address_of(self, thing: Any) -> str:
        place = thing.project.organization.slug, thing.project.key, thing.key
        return reverse(f"analytics_api:{self.name}", args=place)


class ThingView(VersionedView, ProjectView):
    """Finds the thing of the address; only a PUT may come where there is none."""

    kind: ClassVar[Kind]
    thing: Any = None

    def find(self, **names: str) -> None:
        super().find(**names)
        self.thing = self.kind.find(self.project, names[self.kind.name], self.actor)
        if self.request.method != "PUT":
            found(self.thing)

    def document(self, thing: Any) -> dict[str, Any]:
        """As the answer about one thing has it."""
        return self.kind.document(thing)


class Listing(ProjectView):
    kind: ClassVar[Kind]

    def get(self, request: Request, **names: str) -> Response:
        self.listed()
        return self.paged(self.kind.rows(self.project, self.actor))

    def paged(self, rows: Any) -> Response:
        return self.page(rows, lambda page: [self.kind.document(one) for one in page], by="key")

    def post(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        body = without(body, self.kind.answers)
        thing = self.kind.create(self.project, body, actor=self.actor, comment=comment).thing
        return tagged(self.kind.document(thing), status=201, location=self.kind.address_of(thing))


class OneThing(ThingView):
    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        return tagged(self.document(self.thing))

    def put(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        body, version = keyed(without(body, self.kind.answers), names[self.kind.name]), self.if_match()
        how: dict[str, Any] = {"actor": self.actor, "comment": comment}
        if self.thing is None:
            self.refuse_missing()
        if self.must_be_new():
            saved = self.kind.create(self.project, body, **how)
        else:
            saved = self.kind.put(self.project, body, version=version, **how)
        status = 201 if self.thing is None else 200
        return tagged(self.kind.document(saved.thing), status=status, location=self.kind.address_of(saved.thing))

    def patch(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        changes, version = without(body, self.kind.answers), self.if_match()
        saved = self.kind.edit(self.thing, changes, version=version, actor=self.actor, comment=comment)
        return tagged(self.kind.document(saved.thing))

    def delete(self, request: Request, **names: str) -> Response:
        comment = self.comment_of_query()
        self.kind.delete(self.thing, version=self.if_match(), actor=self.actor, comment=comment)
        return Response(status=204)
