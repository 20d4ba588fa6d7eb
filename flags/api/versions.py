"""The versions of flags, their states, segments, projects and environments: listed, and rolled back to."""

from typing import Any

from django.db.models import Model
from rest_framework.request import Request
from rest_framework.response import Response

from flags import documents, selectors, services
from flags.api import schema
from flags.api.configs import ConfigView
from flags.api.flags import FlagView, answer
from flags.models import Segment
from tenants.api.bodies import read_members
from tenants.api.documents import environment_document, moment, project_document
from tenants.api.doors import EnvironmentView, ManagementView, ProjectView, VersionedView, tagged
from tenants.api.problems import found, refuse
from tenants.past import Change, Entry, entries_of

LONGEST = 2_000


class Listing(ManagementView):
    """The newest first, at most 200."""

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        return Response({"results": [version_document(entry) for entry in entries_of(self.thing())]})

    def thing(self) -> Model:
        raise NotImplementedError


class RollingBack(ManagementView):
    def to_version(self) -> tuple[int, str]:
        """The version that the body names, and its comment."""
        body, comment = self.read()
        to_version: int = read_members(body, {"to_version": int}, required=["to_version"])["to_version"]
        if not 1 <= to_version < 2**31:
            raise refuse("to_version", "a version is a whole number from 1")
        return to_version, comment


class SegmentView(VersionedView, ProjectView):
    segment: Segment

    def find(self, **names: str) -> None:
        super().find(**names)
        self.segment = found(selectors.find_segment(self.project, names["segment"], self.actor))


@schema.flag_versions
class FlagVersions(Listing, FlagView):
    """Who saved what of a flag, when and why."""

    def thing(self) -> Model:
        return self.flag


@schema.state_versions
class StateVersions(Listing, ConfigView):
    """The same for its state in one environment."""

    def thing(self) -> Model:
        return selectors.state_of(self.flag, self.environment)


@schema.segment_versions
class SegmentVersions(Listing, SegmentView):
    """The same for a segment."""

    def thing(self) -> Model:
        return self.segment


@schema.project_versions
class ProjectVersions(Listing, ProjectView):
    """The same for a project, whose saves are counted."""

    def thing(self) -> Model:
        return self.project


@schema.environment_versions
class EnvironmentVersions(Listing, EnvironmentView):
    """The same for an environment."""

    def thing(self) -> Model:
        return self.environment


@schema.roll_back_flag
class RollBackFlag(RollingBack, FlagView):
    """Save what an earlier version of the flag said as a new one."""

    def post(self, request: Request, **names: str) -> Response:
        to_version, comment = self.to_version()
        how: dict[str, Any] = {"version": self.if_match(), "actor": self.actor, "comment": comment}
        return answer(services.roll_back_flag(self.flag, to_version=to_version, **how))


@schema.roll_back_segment
class RollBackSegment(RollingBack, SegmentView):
    """The same for a segment."""

    def post(self, request: Request, **names: str) -> Response:
        to_version, comment = self.to_version()
        how: dict[str, Any] = {"version": self.if_match(), "actor": self.actor, "comment": comment}
        saved = services.roll_back_segment(self.segment, to_version=to_version, **how)
        return tagged(documents.segment_document(saved.thing))


@schema.roll_back_project
class RollBackProject(RollingBack, ProjectView):
    """Give a project the name, and its flags the depth of prerequisites, of an earlier version."""

    def post(self, request: Request, **names: str) -> Response:
        to_version, comment = self.to_version()
        saved = services.roll_back_project(self.project, to_version=to_version, actor=self.actor, comment=comment)
        return Response(project_document(saved.thing))


@schema.roll_back_environment
class RollBackEnvironment(RollingBack, EnvironmentView):
    """Give an environment the name, the colour and the protection of an earlier version."""

    def post(self, request: Request, **names: str) -> Response:
        to_version, comment = self.to_version()
        how: dict[str, Any] = {"actor": self.actor, "comment": comment}
        saved = services.roll_back_environment(self.environment, to_version=to_version, **how)
        return Response(environment_document(saved.thing))


def version_document(entry: Entry) -> dict[str, Any]:
    """Long values are cut: the audit log has them whole."""
    return {
        "version": entry.version,
        "at": moment(entry.at),
        "by": entry.by,
        "what": entry.what,
        "comment": entry.why,
        "changes": [_change_document(change) for change in entry.changes],
    }


def _change_document(change: Change) -> dict[str, str]:
    return {"field": change.field, "before": _cut(change.before), "after": _cut(change.after)}


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
