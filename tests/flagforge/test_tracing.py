"""A request is a span by its route, in the trace of whoever asks."""

from collections.abc import Iterator

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from flagforge import tracing as requests
from flagforge.handlers import Handler
from tenants import tracing
from tests.recording import CALLER, IGNORED, SAMPLED, Recorded, parent_of

SECRET = "ff_trigger_" + "a" * 43


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    tracing.begin()
    yield Recorded()
    tracing.end()


def ask(path: str, traceparent: str = SAMPLED) -> int:
    request: HttpRequest = RequestFactory(headers={"Host": "localhost"}).get(path, headers={"traceparent": traceparent})
    return Handler().get_response(request).status_code


def test_without_traces_nothing_lies_around_a_request() -> None:
    def answer(request: HttpRequest) -> None: ...

    assert requests.around(answer) is answer  # type: ignore[arg-type,comparison-overlap]


@pytest.mark.django_db
def test_a_request_is_told_by_its_route_alone(recorded: Recorded) -> None:
    status = ask(f"/api/v1/triggers/{SECRET}?key=ff_client_x&email=alice@example.com")

    (span,) = recorded.all()
    assert (parent_of(span), (span.attributes or {})["http.response.status_code"]) == (CALLER, status)
    assert span.name == "GET " + str((span.attributes or {})["http.route"])
    for word in (SECRET, "ff_client", "alice", "127.0.0.1"):
        assert word not in span.to_json()


@pytest.mark.django_db
def test_the_caller_says_whether_it_is_recorded_and_probes_never_are(recorded: Recorded) -> None:
    assert ask("/accounts/login/", IGNORED) == 200
    assert ask("/livez") == 200
    assert recorded.all() == []

    assert ask("/accounts/login/", "nonsense") == 200
    (span,) = recorded.all()
    assert parent_of(span) == ""


@pytest.mark.django_db
def test_a_request_that_breaks_is_an_error(recorded: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr("allauth.account.views.LoginView.dispatch", broken)

    assert ask("/accounts/login/") == 500

    (span,) = recorded.all()
    assert not span.status.is_ok
    assert "a secret" not in span.to_json()
