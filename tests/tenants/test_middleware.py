"""Requests have names."""

import pytest
import structlog
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from tenants.middleware import request_id


def answer(request: HttpRequest) -> HttpResponse:
    assert structlog.contextvars.get_contextvars()["request_id"] == request.request_id  # type: ignore[attr-defined]
    return HttpResponse("ok")


def test_a_request_gets_a_name_for_log_and_answer() -> None:
    first = request_id(answer)(RequestFactory().get("/"))
    second = request_id(answer)(RequestFactory().get("/"))

    assert len(first["X-Request-Id"]) == 26
    assert first["X-Request-Id"] != second["X-Request-Id"]
    assert "request_id" not in structlog.contextvars.get_contextvars()


def test_a_proxys_name_is_kept() -> None:
    response = request_id(answer)(RequestFactory().get("/", headers={"X-Request-Id": "edge-7.a_b"}))

    assert response["X-Request-Id"] == "edge-7.a_b"


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "a\tb", "é", "<script>"])
def test_a_strange_name_is_replaced(name: str) -> None:
    response = request_id(answer)(RequestFactory().get("/", headers={"X-Request-Id": name}))

    assert response["X-Request-Id"] != name
