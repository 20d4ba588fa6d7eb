"""The audit log: listed newest first, exported, verified, and signed."""

from datetime import datetime
from typing import Any

from django.http import StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from tenants import audit, selectors
from tenants.api import schema
from tenants.api.documents import audit_document
from tenants.api.doors import OrganizationView, created
from tenants.api.problems import found, refuse
from tenants.audit import signing
from tenants.audit.asking import Asked
from tenants.audit.checkpoints import document_of
from tenants.audit.exporting import FORMATS, lines_of
from tenants.audit.reading import in_order
from tenants.models import Environment, Organization, Project
from tenants.moments import moment_named
from tenants.permissions import require

# What is asked for as it is, by the names of `Asked`.
TEXTS = {"object": "object_name"} | {
    name: name for name in ("verb", "actor", "who", "object_type", "thing", "text", "request_id")
}
PLACES = ("project", "environment")
TIMES = ("since", "until")
FILTERS = (*TEXTS, *PLACES, *TIMES)


class AuditView(OrganizationView):
    """What is asked for by the query; a filter that is empty is none."""

    def asked_for(self, query: dict[str, str]) -> tuple[Organization | Project | Environment, Asked]:
        """The narrowest place that the query names, and all that it asks for."""
        given = {name: value for name, value in query.items() if value}
        place = self.place({name: given[name] for name in PLACES if name in given})
        scopes = dict(place.scopes)
        members: dict[str, Any] = {TEXTS[name]: value for name, value in given.items() if name in TEXTS}
        members |= {name: moment_of(name, given[name]) for name in TIMES if name in given}
        return place, Asked(**members, project=scopes.get("project", ""), environment=scopes.get("environment", ""))


def moment_of(name: str, text: str) -> datetime:
    """A day begins at midnight, and what has no offset is UTC."""
    for rest in ("", "Z", "T00:00:00Z"):
        if (moment := moment_named(text + rest)) is not None:
            return moment
    raise refuse(name, "a day, as 2026-11-27, or a moment, as 2026-11-27T10:00:00Z")


@schema.audit
class Audit(AuditView):
    """What was done in an organization, as far as the caller may know; newest first."""

    def get(self, request: Request, **names: str) -> Response:
        _, asked = self.asked_for(self.listed(*FILTERS))
        events = asked.narrow(selectors.audit_of(self.actor, self.organization))
        return self.page(events, lambda page: [audit_document(event) for event in page], by="-position")


@schema.audit_export
class Export(AuditView):
    """All of it, or what the filters leave, oldest first: one line an entry, however many there are."""

    def get(self, request: Request, **names: str) -> StreamingHttpResponse:
        query = self.asked(*FILTERS, "format")
        kind = query.pop("format", "ndjson")
        if kind not in FORMATS:
            raise refuse("format", f"one of {', '.join(FORMATS)}")
        place, asked = self.asked_for(query)
        require(self.actor, "audit.view", place)
        events = asked.narrow(selectors.audit_of(self.actor, self.organization))
        answer = StreamingHttpResponse(lines_of(in_order(events), kind), content_type=FORMATS[kind])
        answer["Content-Disposition"] = f'attachment; filename="{self.organization.slug}-audit.{kind}"'
        return answer


@schema.audit_verification
class Verification(OrganizationView):
    """Whether every entry is as it was written, up to the end of the chain."""

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        require(self.actor, "audit.view", self.organization)
        return Response(audit.verify(self.organization.pk).document())


@schema.audit_checkpoints
class Checkpoints(OrganizationView):
    """Where the chain stood, signed; keep them where whoever holds the database cannot write."""

    def get(self, request: Request, **names: str) -> Response:
        self.listed()
        require(self.actor, "audit.view", self.organization)
        rows = selectors.checkpoints_of(self.actor, self.organization)
        return self.page(rows, lambda page: [document_of(row) for row in page], by="-id")

    def post(self, request: Request, **names: str) -> Response:
        self.read_comment_alone()
        require(self.actor, "audit.view", self.organization)
        return created(document_of(found(audit.take(self.organization.pk))), request.path)


@schema.audit_keys
class Keys(OrganizationView):
    """The public keys that sign checkpoints, those of before too, as a JWKS."""

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        require(self.actor, "audit.view", self.organization)
        return Response(signing.jwks())
