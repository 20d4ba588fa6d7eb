"""What lies below a relay key: its environments, and which keys open them. Never a secret: hashes are all there is."""

from collections.abc import Iterable
from typing import Any

from evaluation.delivery.below import Below
from evaluation.delivery.held import HeldKey
from evaluation.manifest.keyring import organization_limits
from tenants import runtime
from tenants.models import ApiKey, Environment
from tenants.models.base import is_id

# Relay keys too: a relay lets other relays in behind it.
SERVED_KINDS = (ApiKey.Kind.CLIENT, ApiKey.Kind.SERVER, ApiKey.Kind.RELAY)


def below(key: HeldKey) -> Below:
    """In two queries, however much there is."""
    environments = _environments(key)
    rows = _keys(key).order_by("created_at")
    keys = {row.sha256: _key(row) for row in rows if row.environment_id is None or row.environment_id in environments}
    return Below(environments, keys, runtime.chosen("log_level") or "")


def find_key_below(key: HeldKey, sha256: str) -> dict[str, Any] | None:
    """A key that works, by its hash; None also for one beside the relay key's scope."""
    row = _keys(key).filter(sha256=sha256).first()
    return _key(row) if row else None


def ids_of_keys_below(key: HeldKey, hashes: Iterable[str]) -> dict[str, str]:
    """The ids of keys that work, by their hashes; those beside the relay key's scope are left out."""
    return dict(_keys(key).filter(sha256__in=list(hashes)).values_list("sha256", "id"))


def _keys(key: HeldKey) -> Any:
    rows = ApiKey.objects.usable().filter(kind__in=SERVED_KINDS, **_scope(key, "environment_id"))
    return rows.select_related("organization", "project")


def environments_below(key: HeldKey) -> Any:
    return Environment.objects.filter(**_scope(key, "id"))


def organization_of(environment_id: str, key: HeldKey) -> str | None:
    """The organization of an environment below the key's scope; None where there is no such environment."""
    if not is_id(environment_id):
        return None
    rows = environments_below(key).filter(id=environment_id)
    found: str | None = rows.values_list("organization_id", flat=True).first()
    return found


def _environments(key: HeldKey) -> dict[str, dict[str, Any]]:
    rows = environments_below(key).order_by("id")
    columns = rows.values_list("id", "organization__slug", "project__key", "key", "manifest_head__version")
    names = ("id", "organization", "project", "key", "version")
    return {row[0]: dict(zip(names, row, strict=True)) for row in columns}


def _scope(key: HeldKey, environment_column: str) -> dict[str, str]:
    """The narrowest level of the key's own; a key of the instance has none and sees everything."""
    if key.environment_id:
        return {environment_column: key.environment_id}
    if key.project_id:
        return {"project_id": key.project_id}
    return {"organization_id": key.organization_id} if key.organization_id else {}


def _key(row: ApiKey) -> dict[str, Any]:
    """A relay key may have no environment; its scope is told by the names that environments have."""
    return {
        "sha256": row.sha256,
        "kind": row.kind,
        "environment": row.environment_id,
        "origins": row.origins,
        "limits": row.limits,
        "expires": row.expires_at.isoformat().replace("+00:00", "Z") if row.expires_at else None,
        **({"organization_limits": limits} if (limits := organization_limits(row)) else {}),
        **(_names(row) if row.kind == ApiKey.Kind.RELAY else {}),
    }


def _names(row: ApiKey) -> dict[str, str | None]:
    return {
        "organization": row.organization.slug if row.organization else None,
        "project": row.project.key if row.project else None,
    }
