"""Stale flags: listed with their evidence, kept, and after how many days a flag of a project is one."""

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api import schema
from analytics.stale.documents import finding_document
from analytics.stale.evidence import WEIGHTS
from analytics.stale.findings import find_all, look_at, seen_by
from analytics.stale.keeping import keepings_of
from flags import services
from flags.lifetimes import USUAL, stale_after
from flags.models import Flag
from flags.selectors import find_flag, flags_of
from tenants.actors import Actor
from tenants.api.bodies import read_members
from tenants.api.doors import ProjectView
from tenants.api.problems import found, refuse
from tenants.models import Project
from tenants.selectors import environments_of


@schema.stale_flags
class StaleFlags(ProjectView):
    """Those of a project, by key."""

    def get(self, request: Request, **names: str) -> Response:
        asked = self.listed("evidence", "kind", "owner")
        if asked.get("evidence", "unused") not in WEIGHTS:
            raise refuse("evidence", f"choose one of {', '.join(WEIGHTS)}")
        stale = {each.flag.pk: each for each in find_all(self.project, now=timezone.now())}
        wanted = [pk for pk, each in stale.items() if _has(each.evidence, asked.get("evidence"))]
        flags = flags_of(self.project, self.actor).filter(pk__in=wanted)
        if "kind" in asked:
            flags = flags.filter(kind=asked["kind"])
        if "owner" in asked:
            flags = flags.filter(owner__email__iexact=asked["owner"])
        seen = _seen(self.actor, self.project)
        return self.page(
            flags, lambda page: [finding_document(seen_by(stale[flag.pk], seen)) for flag in page], by="key"
        )


def _has(evidence: Any, kind: str | None) -> bool:
    return kind is None or any(each.kind == kind for each in evidence)


def _seen(actor: Actor, project: Project) -> set[str]:
    return {environment.key for environment in environments_of(actor, project)}


class FlagView(ProjectView):
    flag: Flag

    def find(self, **names: str) -> None:
        super().find(**names)
        self.flag = found(find_flag(self.project, names["flag"], self.actor))

    def answer(self, flag: Flag) -> Response:
        finding = seen_by(look_at(self.project, [flag], now=timezone.now())[0], _seen(self.actor, self.project))
        return Response(finding_document(finding, next(iter(keepings_of([flag])), None)))


@schema.staleness
class Staleness(FlagView):
    """One flag: all evidence that it is stale, and what archiving it would change."""

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        return self.answer(self.flag)


@schema.keep
class Keep(FlagView):
    """That a flag stays, and why: then it is never stale."""

    def put(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        if comment:
            raise refuse("comment", "the reason is the comment; leave this out")
        reason = read_members(body, {"reason": str}, required=["reason"])["reason"]
        return self.answer(services.keep_flag(self.flag, reason=reason, actor=self.actor).thing)

    def delete(self, request: Request, **names: str) -> Response:
        services.stop_keeping_flag(self.flag, actor=self.actor, comment=self.comment_of_query())
        return Response(status=204)


@schema.stale_after
class StaleAfter(ProjectView):
    """After how many days; what is not named is as usual."""

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        return Response(stale_after(self.project))

    def put(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        days = read_members(body, dict.fromkeys(USUAL, int))
        saved = services.set_stale_after(self.project, days, actor=self.actor, comment=comment)
        return Response(stale_after(saved.thing))
