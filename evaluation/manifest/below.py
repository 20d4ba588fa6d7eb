"""What lies below a relay key: its environments, and which keys open them. Never a secret: hashes are all there is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluation.delivery.held import HeldKey
from tenants.models import ApiKey, Environment

SERVED_KINDS = (ApiKey.Kind.CLIENT, ApiKey.Kind.SERVER)


@dataclass(frozen=True, slots=True)
class Below:
    """Environments by their ids, keys by their hashes, each as the relay stream writes it."""

    environments: Mapping[str, dict[str, Any]]
    keys: Mapping[str, dict[str, Any]]


def below(key: HeldKey) -> Below:
    """In two queries, however much there is."""
    environments = _environments(key)
    rows = ApiKey.objects.usable().filter(kind__in=SERVED_KINDS, **_scope(key, "environment_id")).order_by("created_at")
    keys = {row.sha256: _key(row) for row in rows if row.environment_id in environments}
    return Below(environments, keys)


def _environments(key: HeldKey) -> dict[str, dict[str, Any]]:
    rows: Any = Environment.objects.filter(**_scope(key, "id")).order_by("id")
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
    return {
        "sha256": row.sha256,
        "kind": row.kind,
        "environment": row.environment_id,
        "origins": row.origins,
        "limits": {},
        "expires": row.expires_at.isoformat().replace("+00:00", "Z") if row.expires_at else None,
    }
