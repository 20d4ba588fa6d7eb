"""Organizations: the tenants."""

from typing import Any

from django.db import transaction
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from tenants import selectors, services
from tenants.api import schema
from tenants.api.bodies import read_members
from tenants.api.documents import organization_document
from tenants.api.doors import ManagementView, created
from tenants.api.problems import found, refuse
from tenants.models import Organization
from tenants.permissions import NotAllowed, allowed

READ_ONLY = ("id", "created_at")
MEMBERS = {
    "slug": str,
    "name": str,
    "mfa_required": bool,
    "revokes_leaked_keys": bool,
    "retention_days": int,
    "audit_days": int,
}


@schema.organizations
class Organizations(ManagementView):
    """The organizations that the caller sees."""

    def get(self, request: Request, **names: str) -> Response:
        self.listed()
        organizations = selectors.organizations_of(self.actor)
        return self.page(organizations, lambda page: [organization_document(one) for one in page], by="slug")

    def post(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        given = read_members(written(body), {"slug": str, "name": str}, required=["slug"])
        return found_organization(self, given["slug"], given, comment)


@schema.organization
class OneOrganization(ManagementView):
    """One organization."""

    organization: Organization

    def find(self, **names: str) -> None:
        # PUT does not found one: whether somebody else has the slug is not for outsiders.
        self.organization = found(selectors.find_organization(self.actor, names["organization"]))

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        return Response(organization_document(self.organization))

    def put(self, request: Request, **names: str) -> Response:
        return self.patch(request, **names)

    def patch(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        organization = self.organization
        given = read_members(written(body), MEMBERS)
        refuse_other_key(given, "slug", organization.slug)
        with transaction.atomic():
            if given.get("mfa_required", organization.mfa_required) != organization.mfa_required:
                required = given["mfa_required"]
                organization = services.set_mfa_policy(
                    organization, required=required, actor=self.actor, comment=comment
                )
            if "name" in given:
                name = given["name"]
                organization = services.rename_organization(organization, name=name, actor=self.actor, comment=comment)
            if "revokes_leaked_keys" in given:
                revokes = given["revokes_leaked_keys"]
                organization = services.set_leak_policy(
                    organization, revokes_leaked_keys=revokes, actor=self.actor, comment=comment
                )
            kept = {"days": given.get("retention_days"), "audit_days": given.get("audit_days")}
            if kept not in ({"days": None, "audit_days": None}, _kept(organization)):
                organization = services.set_retention(organization, **kept, actor=self.actor, comment=comment)
        return Response(organization_document(organization))

    def delete(self, request: Request, **names: str) -> Response:
        comment = self.comment_of_query()
        services.delete_organization(self.organization, actor=self.actor, comment=comment)
        return Response(status=204)


@schema.undelete_organization
class Undelete(ManagementView):
    """Bring a deleted organization back."""

    organization: Organization

    def find(self, **names: str) -> None:
        deleted = Organization.with_deleted.filter(slug=names["organization"]).first()
        self.organization = found(deleted if deleted and allowed(self.actor, "organization.view", deleted) else None)

    def post(self, request: Request, **names: str) -> Response:
        comment = self.read_comment_alone()
        back = services.undelete_organization(self.organization, actor=self.actor, comment=comment)
        return Response(organization_document(back))


def _kept(organization: Organization) -> dict[str, int]:
    return {"days": organization.retention_days, "audit_days": organization.audit_days}


def found_organization(view: ManagementView, slug: str, given: dict[str, Any], comment: str) -> Response:
    """Tokens belong to organizations and found none."""
    if view.actor.user is None:
        raise NotAllowed(view.actor, "organization.create", slug[:63], "only people found organizations")
    organization = services.create_organization(
        slug=slug, name=given.get("name", slug), owner=view.actor.user, actor=view.actor, comment=comment
    )
    return created(organization_document(organization), reverse("tenants_api:organization", args=[organization.slug]))


def written(body: dict[str, Any]) -> dict[str, Any]:
    """The body without what only answers have."""
    return {name: value for name, value in body.items() if name not in READ_ONLY}


def refuse_other_key(given: dict[str, Any], member: str, key: str) -> None:
    if given.get(member, key) != key:
        raise refuse(member, "stays as it is for ever")
