"""Where whoever found keys reports them: the whole key is the proof, so no login is asked for."""

from dataclasses import replace
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from tenants import leaks
from tenants.actors import Actor
from tenants.addresses import address_of
from tenants.api import schema
from tenants.api.authentication import admit, request_id_of
from tenants.api.bodies import read_members
from tenants.api.doors import ManagementView
from tenants.api.problems import refuse
from tenants.keys import kind_of
from tenants.problems import Invalid
from tenants.rates import count_address, taken

MEMBERS = {"keys": list, "found_at": str}
MOST_KEYS = 100


@schema.leaked_keys
class LeakedKeys(ManagementView):
    """Keys that were found where they should not be."""

    authentication_classes = ()
    is_open = True

    def initial(self, request: Request, *args: Any, **names: Any) -> None:
        super().initial(request, *args, **names)
        if taken(request._request) is None:  # it came with a token, which nobody looks at here
            admit(count_address(request._request))

    @property
    def actor(self) -> Actor:
        request = self.request
        return replace(Actor.anonymous(), request_id=request_id_of(request), ip=address_of(request))

    def post(self, request: Request) -> Response:
        body = request.data if isinstance(request.data, dict) else {}
        given = read_members(body, MEMBERS, required=["keys"])
        try:
            reported = leaks.report(_keys(given["keys"]), found_at=given.get("found_at", ""), actor=self.actor)
        except Invalid as invalid:
            raise Invalid(
                [replace(fault, path=fault.path.replace("comment", "found_at")) for fault in invalid.faults]
            ) from None
        results = [{"prefix": one.prefix, "kind": one.kind, "outcome": str(one.outcome)} for one in reported]
        return Response({"results": results})


def _keys(given: list[Any]) -> list[str]:
    if len(given) > MOST_KEYS:
        raise refuse("keys", f"at most {MOST_KEYS} at once")
    for position, secret in enumerate(given):
        if not isinstance(secret, str) or kind_of(secret) is None:
            raise refuse(f"keys[{position}]", "must be a whole key, as ff_server_… or its like")
    return list(dict.fromkeys(given))
