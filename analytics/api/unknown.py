"""Unknown flags: keys that were asked for and are no flags."""

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api import schema
from analytics.unknown import services
from analytics.unknown.reading import Asked, unknown_in
from tenants.api.bodies import read_members
from tenants.api.doors import ProjectView
from tenants.api.problems import refuse
from tenants.selectors import environments_of


@schema.unknown_flags
class UnknownFlags(ProjectView):
    """Those of a project, in the environments that one sees, the most asked for first."""

    def get(self, request: Request, **names: str) -> Response:
        hidden = self.asked("hidden").get("hidden", "false")
        if hidden not in ("true", "false"):
            raise refuse("hidden", "is true or false")
        environments = list(environments_of(self.actor, self.project))
        found = unknown_in(self.project, environments, now=timezone.now(), hidden=hidden == "true")
        return Response({"next": None, "previous": None, "results": [document_of(each) for each in found]})


def document_of(asked: Asked) -> dict[str, Any]:
    return {
        "key": asked.key,
        "evaluations": asked.count,
        "environments": asked.environments,
        "first_day": asked.first and asked.first.isoformat(),
        "last_day": asked.last and asked.last.isoformat(),
        "key_kinds": asked.kinds,
        "sdks": asked.sdks,
        "may_be_made_up": asked.may_be_made_up,
        "state": asked.state or None,
        "nearest": asked.nearest or None,
    }


class _Hiding(ProjectView):
    def key(self, request: Request) -> tuple[str, str]:
        body, comment = self.read()
        return read_members(body, {"key": str}, required=["key"])["key"], comment


@schema.hide_unknown
class Hide(_Hiding):
    """See a key no more among the unknown flags."""

    def post(self, request: Request, **names: str) -> Response:
        key, comment = self.key(request)
        changed = services.hide_key(self.project, key, actor=self.actor, comment=comment)
        return Response({"key": key, "hidden": True, "changed": changed})


@schema.show_unknown
class Show(_Hiding):
    """See it again."""

    def post(self, request: Request, **names: str) -> Response:
        key, comment = self.key(request)
        changed = services.show_key(self.project, key, actor=self.actor, comment=comment)
        return Response({"key": key, "hidden": False, "changed": changed})
