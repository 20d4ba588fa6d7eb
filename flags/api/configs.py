"""A flag's state in one environment: what decides who gets what."""

from typing import Any
from urllib.parse import quote

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from flags import documents, selectors, services
from flags.api import schema, texts
from flags.api.bodies import Body, written_state
from flags.api.filters import environment_named
from flags.api.flags import FlagView
from flags.language import Parsed
from flags.models import Flag, FlagConfig
from flags.services import Saved
from tenants.api.bodies import read_members
from tenants.api.doors import EnvironmentView, ProjectView, VersionedView, tagged
from tenants.api.problems import found, refuse
from tenants.models import Environment
from tenants.problems import Conflict, Invalid


@schema.configs
class Configs(FlagView):
    """The state of one flag in every environment that the caller may see."""

    def get(self, request: Request, **names: str) -> Response:
        self.listed()
        environments = Environment.objects.visible_to(self.actor).filter(project=self.project)
        return self.page(environments, self._states, by="id")

    def _states(self, environments: list[Environment]) -> list[Body]:
        rows = FlagConfig.objects.filter(flag=self.flag, environment__in=environments)
        configs = {config.environment_id: config for config in rows}
        return [
            {"environment": environment.key}
            | documents.config_document(configs.get(environment.pk) or selectors.untouched(self.flag, environment))
            for environment in environments
        ]


class ConfigView(VersionedView, EnvironmentView):
    flag: Flag

    def find(self, **names: str) -> None:
        super().find(**names)
        self.flag = found(selectors.find_flag(self.environment.project, names["flag"], self.actor))

    def how(self, comment: str) -> dict[str, Any]:
        return {"version": self.if_match(), "actor": self.actor, "comment": comment}


@schema.config
class OneConfig(ConfigView):
    """The state of one flag in one environment. There is always one: the default where nobody ever changed it."""

    text: Parsed | None = None

    def get(self, request: Request, **names: str) -> Response:
        as_text = texts.asked_for(self.asked(texts.RULES_TEXT))
        document = documents.config_document(selectors.state_of(self.flag, self.environment))
        return tagged(texts.as_text(document) if as_text else document)

    def put(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        if self.must_be_new():
            raise Conflict("A flag has a state in every environment from the start: there is none to create.")
        return self.saved(self.written(body), **self.how(comment))

    def patch(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        changes, how = self.written(body), self.how(comment)
        if changes.keys() == {"enabled"} and isinstance(changes["enabled"], bool):
            return answer(services.toggle_flag(self.flag, self.environment, enabled=changes["enabled"], **how))
        config = selectors.state_of(self.flag, self.environment)
        # What was read is what is changed: should somebody save in between, this is a conflict and not an overwriting.
        how["version"] = self.expected = self.expected if self.expected is not None else config.version
        return self.saved(documents.config_body(config) | changes, **how)

    def written(self, body: Body) -> Body:
        """The members of a state; those that came as text are read from it."""
        state = written_state(body)
        if texts.RULES_TEXT in state:
            state, self.text = texts.spelled_out(state, self.flag)
        return state

    def saved(self, body: Body, **how: Any) -> Response:
        saved = services.put_config(self.flag, self.environment, body, **how)
        return answer(saved, self.text)

    def answer_to(self, error: Exception) -> Response | None:
        if isinstance(error, Invalid) and self.text is not None:
            error = texts.located(error, self.text)
        return super().answer_to(error)


@schema.rules_text
class RulesText(ConfigView):
    """Say what a text would make of the state, without saving anything."""

    versioned = False

    def post(self, request: Request, **names: str) -> Response:
        body, _ = self.read()
        text = read_members(body, {texts.RULES_TEXT: str}, required=[texts.RULES_TEXT])[texts.RULES_TEXT]
        return Response(texts.verdict(text, selectors.state_of(self.flag, self.environment)))


@schema.kill_flag
class Kill(ConfigView):
    """Turn a flag off in one environment at once, whatever version it has."""

    versioned = False

    def post(self, request: Request, **names: str) -> Response:
        comment = self.read_comment_alone()
        answered = answer(services.kill_flag(self.flag, self.environment, actor=self.actor, comment=comment))
        answered.data["convergence"] = self._convergence()
        return answered

    def _convergence(self) -> str:
        """Where it is said whether everybody has it."""
        project = self.environment.project
        place = (project.organization.slug, project.key, self.environment.key)
        return f"{reverse('evaluation_api:convergence', args=place)}?flag={quote(self.flag.key)}"


@schema.roll_back
class RollBack(ConfigView):
    """Save an earlier version of the state as a new one."""

    def post(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        to_version = read_members(body, {"to_version": int}, required=["to_version"])["to_version"]
        if not 1 <= to_version < 2**31:
            raise refuse("to_version", "a version is a whole number from 1")
        how = self.how(comment)
        return answer(services.roll_back_config(self.flag, self.environment, to_version=to_version, **how))


@schema.copy
class Copy(ConfigView):
    """Make the flag here what it is in another environment of its project."""

    def post(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        key = read_members(body, {"from": str}, required=["from"])["from"]
        source = environment_named(self.environment.project, "from", key, self.actor)
        return answer(services.copy_config(self.flag, source, self.environment, **self.how(comment)))


@schema.rollout
class Rollout(ConfigView):
    """Give a rule, or the fallthrough, other weights, moving the fewest people."""

    def post(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        given = read_members(body, {"weights": dict, "rule": str, "repack": bool}, required=["weights"])
        chosen = {"rule_id": given.get("rule"), "repack": given.get("repack", False)}
        how = self.how(comment)
        return answer(services.set_rollout(self.flag, self.environment, given["weights"], **chosen, **how))


@schema.prerequisite_depth
class PrerequisiteDepth(ProjectView):
    """How many steps of prerequisites a project allows below one another."""

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        return Response({"max_prerequisite_depth": self.project.max_prerequisite_depth})

    def put(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        name = "max_prerequisite_depth"
        depth = read_members(body, {name: int}, required=[name])[name]
        saved = services.set_prerequisite_depth(self.project, depth, actor=self.actor, comment=comment)
        return Response({name: saved.thing.max_prerequisite_depth})


def answer(saved: Saved[FlagConfig], text: Parsed | None = None) -> Response:
    """What was saved, in the form in which it was written."""
    document, warnings = documents.config_document(saved.thing), list(saved.warnings)
    if text is not None:
        document, warnings = texts.as_text(document), list(map(text.with_lines, warnings))
    return tagged(document | ({"warnings": warnings} if warnings else {}))
