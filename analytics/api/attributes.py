"""Attributes seen, as programs ask for them: of an environment, of a project, and how far their values may be known."""

from collections.abc import Collection
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from analytics.api import schema
from analytics.attributes import selectors, services
from analytics.attributes.classes import classes_of
from analytics.attributes.seen import Value
from analytics.attributes.selectors import Attribute
from evaluation.wire.explanations import moment
from tenants.api.bodies import read_members
from tenants.api.doors import EnvironmentView, ProjectView
from tenants.models import Environment
from tenants.selectors import environments_of

MOST_NAMED = 20


@schema.attributes
class Attributes(EnvironmentView):
    """Those that contexts in an environment have."""

    def get(self, request: Request, **names: str) -> Response:
        self.listed()
        here = [self.environment]
        return self.page(
            selectors.rows_in(here),
            lambda page: documents_of(self.environment.project, here, [row.name for row in page]),
            by="name",
        )


@schema.project_attributes
class ProjectAttributes(ProjectView):
    """Those of all environments that the caller sees, added up."""

    def get(self, request: Request, **names: str) -> Response:
        self.listed()
        environments = list(environments_of(self.actor, self.project))
        return self.page(
            selectors.rows_in(environments).values("name").distinct(),
            lambda page: documents_of(self.project, environments, [row["name"] for row in page]),
            by="name",
        )


@schema.attribute_classes
class AttributeClasses(ProjectView):
    """How far values may be known, by the attribute's name."""

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        return Response({"classes": classes_of(self.project)})

    def patch(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        wanted = read_members(body, {"classes": dict}, required=["classes"])["classes"]
        saved = services.classify_attributes(self.project, wanted, actor=self.actor, comment=comment)
        return Response({"classes": saved.classes})


@schema.forget_attribute
class Forget(ProjectView):
    """Forget whatever was seen of one attribute, in every environment."""

    def post(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        name = read_members(body, {"name": str}, required=["name"])["name"]
        count = services.forget_attribute(self.project, name, actor=self.actor, comment=comment)
        return Response({"environments": count})


def documents_of(project: Any, environments: Collection[Environment], names: Collection[str]) -> list[dict[str, Any]]:
    keys = {environment.id: environment.key for environment in environments}
    return [
        _document(attribute, [keys[each] for each in attribute.environments])
        for attribute in selectors.attributes_of(project, environments, names)
    ]


def _document(attribute: Attribute, environments: list[str]) -> dict[str, Any]:
    return {
        "name": attribute.name,
        "class": attribute.privacy,
        "share": attribute.share,
        "types": attribute.types,
        "distinct": attribute.distinct,
        "is_estimated": attribute.is_estimated,
        "values": [_value(each) for each in attribute.values[:MOST_NAMED]],
        "key_kinds": attribute.kinds,
        "environments": environments,
        "first_seen": moment(attribute.first_seen),
        "last_seen": moment(attribute.last_seen),
    }


def _value(value: Value) -> dict[str, Any]:
    """What is only counted has no value."""
    return ({"value": value.value} if value.is_known else {}) | {"share": value.share}
