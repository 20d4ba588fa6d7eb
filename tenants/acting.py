"""Who acts in a request, asked once."""

from django.http import HttpRequest

from tenants.actors import Actor
from tenants.addresses import address_of
from tenants.models import User
from tenants.permissions import actor_of

KEPT_AS = "_admin_actor"


def acting(request: HttpRequest) -> Actor:
    """The actor behind the request; its grants are fetched on the first call and kept for the rest of the request."""
    kept: Actor | None = getattr(request, KEPT_AS, None)
    if kept is None or kept.id != (request.user.pk or ""):
        name = getattr(request, "request_id", "")
        kept = actor_of(request.user, request_id=name, ip=address_of(request))
        setattr(request, KEPT_AS, kept)
    return kept


def acting_as(user: User, request: HttpRequest) -> Actor:
    """Somebody who proved who they are by a link in their mailbox; they are not signed in, so they hold no role."""
    name = getattr(request, "request_id", "")
    return Actor("user", user.id, str(user), user=user, request_id=name, ip=address_of(request))


def may_somewhere(actor: Actor, verb: str) -> bool:
    """Whether any grant carries the verb, wherever: what decides which menus and buttons are worth showing."""
    return actor.may_everything or any(actor.carries(verb, scope) for scope in actor.grants)
