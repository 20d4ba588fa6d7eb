"""What every change of an API key needs around it: who may, what the audit says of it, and who must look again."""

from collections.abc import Iterable
from typing import Any

from tenants import outbox
from tenants.actors import Actor
from tenants.models import ApiKey, Environment
from tenants.permissions import NotAllowed, require


def require_in_scope(actor: Actor, verb: str, api_key: ApiKey) -> None:
    if not api_key.scopes and not actor.may_everything:
        raise NotAllowed(actor, verb, api_key, "it is a key of the whole instance")
    require(actor, verb, api_key)


def facts_of(api_key: ApiKey) -> dict[str, Any]:
    return {
        "kind": api_key.kind,
        "name": api_key.name,
        "prefix": api_key.prefix,
        "role": role.label if (role := api_key.granted_role) else None,
        "origins": api_key.origins,
        "limits": api_key.limits,
        "expires_at": api_key.expires_at.isoformat() if api_key.expires_at else None,
        "replaces": api_key.replaces.prefix if api_key.replaces else None,
    }


def tell(topic: str, api_key: ApiKey) -> None:
    """Whoever serves the environments that the key opens must look again; a token opens none."""
    payload = {"api_key": api_key.id, "kind": api_key.kind}
    if api_key.kind == ApiKey.Kind.TOKEN:
        outbox.put(topic, api_key.organization, payload)
    else:
        outbox.put_everywhere(topic, _environments_of(api_key), payload)


def _environments_of(api_key: ApiKey) -> Iterable[Environment]:
    environments: Any = Environment.objects.all()
    if api_key.scopes:
        kind, scope_id = api_key.scopes[0]
        environments = environments.filter(**{"pk" if kind == "environment" else f"{kind}_id": scope_id})
    return list(environments)
