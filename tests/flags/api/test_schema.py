"""The OpenAPI document tells the truth: random requests made from it meet no 5xx and no answer that it does not name."""

from typing import Any
from zlib import crc32

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from flags import services as flag_services
from tenants import services
from tenants.actors import Actor
from tenants.models import Environment, Organization, Project
from tenants.roles import Role

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Things that are there, so that requests come further than to a 404.
PLACES = {
    "organization": "acme",
    "project": "shop",
    "environment": "development",
    "flag": "checkout",
    "segment": "staff",
}

document: Any = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
whole: Any = schemathesis.openapi.from_dict(document)
whole.app = get_wsgi_application()
management: Any = whole.include(tag="Management API")


def few(examples: int) -> Any:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture
def token(acme: Organization, shop: Project, development: Environment, system: Actor) -> str:
    flag_services.create_flag(shop, {"key": "checkout", "type": "boolean"}, actor=system)
    flag_services.create_segment(shop, {"key": "staff", "included": ["u1"]}, actor=system)
    return services.create_api_key(kind="token", scope=acme, name="ci", role=Role.ADMIN, actor=system)[1]


def ask(case: "Case[Any]", token: str) -> None:
    """Two of three requests go where something is."""
    if crc32(str(case.path_parameters).encode(errors="replace")) % 3:
        known = {name: PLACES[name] for name in case.path_parameters if name in PLACES}
        case.path_parameters.update(known)
    case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=CHECKS)


@pytest.mark.django_db
@pytest.mark.usefixtures("connection_stays")
@management.parametrize()
@few(5)
def test_random_requests_get_documented_answers(case: "Case[Any]", token: str) -> None:
    ask(case, token)


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.usefixtures("connection_stays")
@management.parametrize()
@few(50)
def test_many_random_requests_get_documented_answers(case: "Case[Any]", token: str) -> None:
    ask(case, token)
