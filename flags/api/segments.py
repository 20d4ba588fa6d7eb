"""Segments: named groups of people that rules refer to."""

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from flags import documents, selectors, services
from flags.api import schema
from flags.api.bodies import SEGMENT_ANSWERS, keyed, without
from flags.models import Segment
from tenants.api.doors import ProjectView, VersionedView, tagged
from tenants.api.problems import found


@schema.segments
class Segments(ProjectView):
    """The segments of a project, by key."""

    def get(self, request: Request, **names: str) -> Response:
        self.listed()
        segments = selectors.segments_of(self.project, self.actor)
        return self.page(segments, lambda page: [documents.segment_document(one) for one in page], by="key")

    def post(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        body = without(body, SEGMENT_ANSWERS)
        segment = services.create_segment(self.project, body, actor=self.actor, comment=comment).thing
        return tagged(documents.segment_document(segment), status=201, location=address_of(segment))


@schema.segment
class OneSegment(VersionedView, ProjectView):
    """One segment."""

    segment: Segment | None = None

    def find(self, **names: str) -> None:
        super().find(**names)
        self.segment = selectors.find_segment(self.project, names["segment"], self.actor)
        if self.request.method != "PUT":
            found(self.segment)

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        return tagged(documents.segment_document(found(self.segment)))

    def put(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        body, version = keyed(without(body, SEGMENT_ANSWERS), names["segment"]), self.if_match()
        if self.segment is None:
            self.refuse_missing()
        if self.must_be_new():
            saved = services.create_segment(self.project, body, actor=self.actor, comment=comment)
        else:
            saved = services.put_segment(self.project, body, version=version, actor=self.actor, comment=comment)
        status = 201 if self.segment is None else 200
        return tagged(documents.segment_document(saved.thing), status=status, location=address_of(saved.thing))

    def patch(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        changes, version, segment = without(body, SEGMENT_ANSWERS), self.if_match(), found(self.segment)
        saved = services.edit_segment(segment, changes, version=version, actor=self.actor, comment=comment)
        return tagged(documents.segment_document(saved.thing))

    def delete(self, request: Request, **names: str) -> Response:
        comment = self.comment_of_query()
        services.delete_segment(found(self.segment), version=self.if_match(), actor=self.actor, comment=comment)
        return Response(status=204)


@schema.undelete_segment
class Undelete(ProjectView):
    """Bring a deleted segment back as it was."""

    segment: Segment

    def find(self, **names: str) -> None:
        super().find(**names)
        deleted = selectors.find_deleted(Segment, self.project, names["segment"], self.actor)
        self.segment = found(deleted or selectors.find_segment(self.project, names["segment"], self.actor))

    def post(self, request: Request, **names: str) -> Response:
        comment = self.read_comment_alone()
        segment = services.undelete_segment(self.segment, actor=self.actor, comment=comment).thing
        return tagged(documents.segment_document(segment))


def address_of(segment: Segment) -> str:
    return reverse("flags_api:segment", args=[segment.project.organization.slug, segment.project.key, segment.key])
