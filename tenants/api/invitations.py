"""Invitations: made, mailed, looked at, revoked. Accepting one is for the browser of the invited."""

from typing import Any

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from tenants import selectors, services
from tenants.api import schema
from tenants.api.bodies import read_members
from tenants.api.documents import invitation_document
from tenants.api.doors import OrganizationView, created
from tenants.api.problems import found
from tenants.mail import link_of, send_invitation
from tenants.models import Invitation

MEMBERS = {"email": str, "role": str, "project": str, "environment": str}


@schema.invitations
class Invitations(OrganizationView):
    """The invitations that nobody accepted yet, for whoever may give them; newest first."""

    def get(self, request: Request, **names: str) -> Response:
        self.listed()
        rows = selectors.invitations_of(self.actor, self.organization)
        return self.page(rows, lambda page: [invitation_document(one) for one in page], by="-id")

    def post(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        given = read_members(body, MEMBERS, required=["email", "role"])
        role = self.role_named(given["role"])
        invitation, secret = services.invite(
            self.place(given), email=given["email"], role=role, actor=self.actor, comment=comment
        )
        link = link_of(secret)
        send_invitation(invitation, link)
        address = reverse("tenants_api:invitation", args=[self.organization.slug, invitation.id])
        return created(invitation_document(invitation, link), address)

    def to_keep(self, data: Any) -> Any:
        """A link is shown once, and kept nowhere."""
        return {**data, "link": None}


@schema.invitation
class OneInvitation(OrganizationView):
    """One invitation. Deleting it revokes it."""

    invitation: Invitation

    def find(self, **names: str) -> None:
        super().find(**names)
        rows = selectors.invitations_of(self.actor, self.organization)
        self.invitation = found(rows.filter(pk=names["invitation"]).first())

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        return Response(invitation_document(self.invitation))

    def delete(self, request: Request, **names: str) -> Response:
        services.revoke_invitation(self.invitation, actor=self.actor, comment=self.comment_of_query())
        return Response(status=204)
