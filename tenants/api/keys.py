"""API keys: made, looked at, edited, rotated, revoked."""

from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from tenants import selectors, services
from tenants.api import schema
from tenants.api.bodies import read_members, read_moment
from tenants.api.documents import api_key_document
from tenants.api.doors import OrganizationView, created
from tenants.api.problems import found, refuse
from tenants.models import ApiKey, Environment, Organization, Project
from tenants.services.api_key_rotation import LONGEST_OVERLAP

MEMBERS = {
    "kind": str,
    "name": str,
    "project": str,
    "environment": str,
    "role": str,
    "origins": list,
    "limits": dict,
    "expires_at": str,
}

ROTATION = {"overlap_seconds": int}
EDITABLE = {name: MEMBERS[name] for name in ("name", "origins", "limits")}


class KeysView(OrganizationView):
    def rows(self, place: Organization | Project | Environment | None = None) -> Any:
        rows = selectors.api_keys_of(self.actor, place or self.organization)
        return rows.select_related("project", "environment", "custom_role")


@schema.keys
class Keys(KeysView):
    """The API keys of an organization, as far as the caller may see them; newest first."""

    def get(self, request: Request, **names: str) -> Response:
        asked = self.listed("project", "environment", "kind", "ending")
        rows = self.rows(self.place(asked))
        if "kind" in asked:
            rows = rows.filter(kind=asked["kind"])
        if "ending" in asked:
            rows = selectors.ending_keys(rows, timezone.now(), _days(asked["ending"]))
        return self.page(rows, lambda page: [api_key_document(one) for one in page], by="-id")

    def post(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        given = read_members(body, MEMBERS, required=["kind", "name"])
        api_key, secret = services.create_api_key(
            kind=given["kind"],
            scope=self.place(given),
            name=given["name"],
            role=self.role_named(given["role"]) if "role" in given else None,
            origins=given.get("origins", ()),
            limits=given.get("limits"),
            expires_at=read_moment("expires_at", given["expires_at"]) if "expires_at" in given else None,
            actor=self.actor,
            comment=comment,
        )
        address = reverse("tenants_api:key", args=[self.organization.slug, api_key.id])
        return created(api_key_document(api_key, secret), address)

    def to_keep(self, data: Any) -> Any:
        return without_secret(data)


class KeyView(KeysView):
    api_key: ApiKey

    def find(self, **names: str) -> None:
        super().find(**names)
        self.api_key = found(self.rows().filter(pk=names["api_key"]).first())


@schema.key
class OneKey(KeyView):
    """One API key. Deleting it revokes it, now and for ever."""

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        return Response(api_key_document(self.api_key))

    def patch(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        given = read_members(body, EDITABLE)
        edited = services.edit_api_key(self.api_key, **given, actor=self.actor, comment=comment)
        return Response(api_key_document(edited))

    def delete(self, request: Request, **names: str) -> Response:
        services.revoke_api_key(self.api_key, actor=self.actor, comment=self.comment_of_query())
        return Response(status=204)


@schema.rotate_key
class Rotate(KeyView):
    """A new key in the place of one, which works on until the overlap is over."""

    def post(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        given = read_members(body, ROTATION, required=["overlap_seconds"])
        successor, secret = services.rotate_api_key(
            self.api_key, overlap=_overlap(given["overlap_seconds"]), actor=self.actor, comment=comment
        )
        address = reverse("tenants_api:key", args=[self.organization.slug, successor.id])
        return created(api_key_document(successor, secret), address)

    def to_keep(self, data: Any) -> Any:
        return without_secret(data)


def without_secret(data: Any) -> Any:
    """A secret is shown once, and kept nowhere."""
    return data if data["kind"] == ApiKey.Kind.CLIENT else {**data, "secret": None}


def _days(text: str) -> timedelta:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:5]) <= 3650:
        raise refuse("ending", "must be a whole number of days from 1 to 3650")
    return timedelta(days=int(text))


def _overlap(seconds: int) -> timedelta:
    if not 0 <= seconds <= LONGEST_OVERLAP.total_seconds():
        raise refuse(
            "overlap_seconds", f"from 0 to {LONGEST_OVERLAP.total_seconds():.0f}, which are {LONGEST_OVERLAP.days} days"
        )
    return timedelta(seconds=seconds)
