"""Who calls the management API: a program by a token, or a person by the session of their browser."""

from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from tenants import last_used, realm
from tenants.actors import Actor
from tenants.addresses import address_of
from tenants.api.problems import Refused
from tenants.buckets import Take
from tenants.keys import kind_of, sha256_of
from tenants.limiting import TITLE, too_many
from tenants.models import ApiKey, User
from tenants.permissions import actor_of
from tenants.rates import count_address, count_token

BAD_KEY = "This API key is unknown, expired or revoked. Send a token as Authorization: Bearer ff_token_…"


class TokenAuthentication(BaseAuthentication):
    """`request.auth` is the Actor of a token. Other kinds of key are told that they are at the wrong door."""

    def authenticate(self, request: Request) -> tuple[None, Actor] | None:
        given = request.headers.get("Authorization")
        if given is None:
            return None
        scheme, _, secret = given.partition(" ")
        try:
            api_key = _token(secret.strip() if scheme.lower() == "bearer" else "")
        except (AuthenticationFailed, Refused):
            admit(count_address(request._request))
            raise
        admit(count_token(request._request, api_key))
        last_used.note(api_key.id)
        return None, Actor.of_api_key(api_key, request_id=request_id_of(request), ip=address_of(request))


class PersonAuthentication(SessionAuthentication):
    """`request.auth` is the Actor of whoever is logged in; what changes something must bring the CSRF token."""

    def authenticate(self, request: Request) -> tuple[User, Actor] | None:
        signed_in = super().authenticate(request)
        if signed_in is None:
            return None
        actor = actor_of(signed_in[0], request_id=request_id_of(request), ip=address_of(request))
        return (signed_in[0], actor) if actor.kind == "user" else None


def admit(take: Take | None) -> None:
    if take is not None and not take.is_admitted:
        headers = {"Retry-After": str(take.retry_after)}
        raise Refused(429, "too-many-requests", TITLE, too_many(take), headers=headers)


def _token(secret: str) -> ApiKey:
    if kind_of(secret) is None:
        raise AuthenticationFailed(BAD_KEY)
    sha256 = sha256_of(secret)
    with realm.within(realm.of_key(sha256)):
        rows = ApiKey.objects.usable().filter(sha256=sha256).select_related("organization", "custom_role")
        api_key: ApiKey | None = rows.first()
    if api_key is None:
        raise AuthenticationFailed(BAD_KEY)
    if api_key.kind != ApiKey.Kind.TOKEN:
        detail = f"The management API takes a token; a {api_key.kind} key came."
        raise Refused(403, "wrong-kind-of-key", "The wrong kind of API key", detail)
    realm.become(realm.of_organization(api_key.organization_id))
    return api_key


def request_id_of(request: Request) -> str:
    return getattr(request._request, "request_id", "")
