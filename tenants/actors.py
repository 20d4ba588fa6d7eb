"""Who is asking: a user, an API key, or the system itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Self

from tenants.roles import LOWEST_ROLE, AnyRole

if TYPE_CHECKING:
    from tenants.models import ApiKey, User

ScopeKind = Literal["organization", "project", "environment"]
Scope = tuple[ScopeKind, str]
Grants = Mapping[Scope, tuple[AnyRole, ...]]


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody with grants. Made once per request; `request_id` and `ip` go into the audit log."""

    kind: Literal["user", "api_key", "trigger", "system", "anonymous"]
    id: str
    name: str
    grants: Grants = field(default_factory=dict)
    user: "User | None" = None
    may_everything: bool = False
    request_id: str = ""
    ip: str | None = None

    @classmethod
    def system(cls, name: str = "system") -> Self:
        return cls("system", "", name, may_everything=True)

    @classmethod
    def anonymous(cls) -> Self:
        return cls("anonymous", "", "anonymous")

    @classmethod
    def of_api_key(cls, api_key: "ApiKey", *, request_id: str = "", ip: str | None = None) -> Self:
        """A token acts with its role in its scope; the keys of applications have no say in the control plane."""
        role = api_key.granted_role
        grants: Grants = {api_key.scopes[0]: (role,)} if role is not None else {}
        return cls("api_key", api_key.id, str(api_key), grants, request_id=request_id, ip=ip)

    def carries(self, verb: str, scope: Scope) -> bool:
        """Whether a role that was granted on this very scope has the verb."""
        return any(verb in role.verbs for role in self.grants.get(scope, ()))

    def scopes_for(self, verb: str, kind: ScopeKind) -> list[str]:
        """The ids of the organizations, projects or environments in which a grant carries the verb."""
        LOWEST_ROLE[verb]  # no verb that is not in the table
        return [scope[1] for scope in self.grants if scope[0] == kind and self.carries(verb, scope)]
