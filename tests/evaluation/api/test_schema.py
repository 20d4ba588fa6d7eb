"""The OpenAPI document tells the truth about what applications ask: every address, and answers that it names."""

from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from evaluation.stream.routing import http_routes, websocket_routes
from tenants import outbox
from tenants.models import Environment
from tests.evaluation.conftest import MakeFlag

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
FEW = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)

document: Any = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
STREAMING = {f"/{route.pattern}" for route in (*http_routes, *websocket_routes)}
whole: Any = schemathesis.openapi.from_dict(document)
whole.app = get_wsgi_application()
asked: Any = whole.include(tag=["SDK API", "OpenFeature"]).exclude(path=sorted(STREAMING))


def test_every_streaming_address_of_applications_is_described() -> None:
    of_applications = {path for path in STREAMING if path.startswith(("/api/v1/sdk/", "/ofrep/", "/ws/sdk"))}

    assert {path for path in document["paths"] if path in STREAMING} == of_applications
    assert {
        answer for path in of_applications for answer in document["paths"][path]["get"]["responses"] if answer < "300"
    } == {"101", "200", "204"}


@pytest.fixture
def key(a_flag: MakeFlag, development: Environment, server_key: str) -> str:
    a_flag("checkout", development, enabled=True)
    a_flag("price", development, flag={"type": "double", "variants": {"on": 10.0, "off": 0.0}}, enabled=True)
    a_flag("split", development, enabled=True, fallthrough={"split": {"weights": {"on": 50, "off": 50}}})
    outbox.drain()
    return server_key


@pytest.mark.django_db
@pytest.mark.usefixtures("connection_stays")
@asked.parametrize()
@FEW
def test_random_questions_get_documented_answers(case: "Case[Any]", key: str) -> None:
    case.call_and_validate(headers={"X-API-Key": key}, checks=CHECKS)
