"""Flags: everything about them that is the same in all environments."""

from typing import Any

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from flags import documents, selectors, services
from flags.api import schema
from flags.api.bodies import FLAG_ANSWERS, keyed, without
from flags.api.filters import FILTERS, environment_named, flags_asked_for
from flags.models import Flag, FlagConfig
from flags.services import Saved
from tenants.api.doors import ProjectView, VersionedView, tagged
from tenants.api.problems import found
from tenants.models import Environment


@schema.flags
class Flags(ProjectView):
    """The flags of a project, by key."""

    def get(self, request: Request, **names: str) -> Response:
        asked = self.listed(*FILTERS, "environment")
        flags = flags_asked_for(self.project, asked, self.actor)
        if "environment" not in asked:
            return self.page(flags, lambda page: [documents.flag_document(flag) for flag in page], by="key")
        environment = environment_named(self.project, "environment", asked["environment"], self.actor)
        return self.page(flags, lambda page: with_states(page, environment), by="key")

    def post(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        saved = services.create_flag(self.project, without(body, FLAG_ANSWERS), actor=self.actor, comment=comment)
        return answer(saved, status=201, location=address_of(saved.thing))


class FlagView(VersionedView, ProjectView):
    """One flag, which must be there."""

    flag: Flag

    def find(self, **names: str) -> None:
        super().find(**names)
        self.flag = found(selectors.find_flag(self.project, names["flag"], self.actor))


@schema.flag
class OneFlag(VersionedView, ProjectView):
    """One flag."""

    flag: Flag | None = None

    def find(self, **names: str) -> None:
        super().find(**names)
        self.flag = selectors.find_flag(self.project, names["flag"], self.actor)
        if self.request.method != "PUT":
            found(self.flag)

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        return tagged(documents.flag_document(found(self.flag)))

    def put(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        body, version = keyed(without(body, FLAG_ANSWERS), names["flag"]), self.if_match()
        if self.flag is None:
            self.refuse_missing()
        if self.must_be_new():
            saved = services.create_flag(self.project, body, actor=self.actor, comment=comment)
        else:
            saved = services.put_flag(self.project, body, version=version, actor=self.actor, comment=comment)
        return answer(saved, status=201 if self.flag is None else 200, location=address_of(saved.thing))

    def patch(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        changes, version = without(body, FLAG_ANSWERS), self.if_match()
        return answer(services.edit_flag(found(self.flag), changes, version=version, actor=self.actor, comment=comment))

    def delete(self, request: Request, **names: str) -> Response:
        comment = self.comment_of_query()
        services.delete_flag(found(self.flag), version=self.if_match(), actor=self.actor, comment=comment)
        return Response(status=204)


@schema.archive_flag
class Archive(FlagView):
    """Stop evaluating a flag; nothing is lost."""

    def post(self, request: Request, **names: str) -> Response:
        comment = self.read_comment_alone()
        return answer(services.archive_flag(self.flag, version=self.if_match(), actor=self.actor, comment=comment))


@schema.unarchive_flag
class Unarchive(FlagView):
    """Evaluate an archived flag again, as it was."""

    def post(self, request: Request, **names: str) -> Response:
        comment = self.read_comment_alone()
        return answer(services.unarchive_flag(self.flag, version=self.if_match(), actor=self.actor, comment=comment))


@schema.undelete_flag
class Undelete(ProjectView):
    """Bring a deleted flag back as it was."""

    flag: Flag

    def find(self, **names: str) -> None:
        super().find(**names)
        deleted = selectors.find_deleted(Flag, self.project, names["flag"], self.actor)
        self.flag = found(deleted or selectors.find_flag(self.project, names["flag"], self.actor))

    def post(self, request: Request, **names: str) -> Response:
        comment = self.read_comment_alone()
        return answer(services.undelete_flag(self.flag, actor=self.actor, comment=comment))


def with_states(page: list[Flag], environment: Environment) -> list[dict[str, Any]]:
    """The flags with their states there: one more query, however many they are."""
    rows = FlagConfig.objects.filter(environment=environment, flag__in=page)
    configs = {config.flag_id: config for config in rows}
    shown = []
    for flag in page:
        config = configs.get(flag.pk) or selectors.untouched(flag, environment)
        shown.append(documents.flag_document(flag) | {"state": documents.config_document(config)})
    return shown


def answer(saved: Saved[Flag], *, status: int = 200, location: str = "") -> Response:
    warnings = {"warnings": list(saved.warnings)} if saved.warnings else {}
    return tagged(documents.flag_document(saved.thing) | warnings, status=status, location=location)


def address_of(flag: Flag) -> str:
    return reverse("flags_api:flag", args=[flag.project.organization.slug, flag.project.key, flag.key])
