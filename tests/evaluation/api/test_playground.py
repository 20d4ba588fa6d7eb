"""The playground by the API: a matrix of answers, with traces and drafts."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evaluation.models import ManifestHead
from flags.models import FlagConfig
from tenants import services
from tenants.actors import Actor
from tenants.models import Environment, Organization, User
from tenants.roles import Role
from tests.evaluation.conftest import MakeFlag
from tests.tenants.api.conftest import SHOP, Caller, paths_of, person, problem_of, program, token_of

__all__ = ["program"]

pytestmark = pytest.mark.django_db
PLAYGROUND = f"{SHOP}/playground"
INDIA = {"attribute": "country", "op": "in", "values": ["IN"]}
RAVI = {"targetingKey": "ravi", "country": "IN"}


@pytest.fixture(autouse=True)
def _checkout(a_flag: MakeFlag, development: Environment, production: Environment) -> None:
    """Everybody in India gets it in development; nobody touched it in production."""
    a_flag("checkout", development, enabled=True, rules=[{"id": "india", "if": INDIA, "serve": {"variant": "on"}}])


def ask(caller: Caller, **question: Any) -> Any:
    return caller.post(PLAYGROUND, {"contexts": [{}], **question})


def test_a_matrix_has_a_cell_for_everything_that_was_asked(program: Caller, a_flag: MakeFlag) -> None:
    a_flag("banner")

    matrix = ask(program, contexts=[RAVI, {}]).json()

    assert matrix["environments"] == ["development", "production"]
    assert matrix["flags"] == ["banner", "checkout"]
    assert [(cell["environment"], cell["context"], cell["flag"]) for cell in matrix["cells"]] == [
        (environment, context, flag)
        for environment in ("development", "production")
        for context in (0, 1)
        for flag in ("banner", "checkout")
    ]


def test_a_cell_holds_the_answer_of_the_sdk_api(program: Caller) -> None:
    matrix = ask(program, contexts=[RAVI], environments=["development"]).json()

    assert matrix["cells"] == [
        {
            "environment": "development",
            "context": 0,
            "flag": "checkout",
            "answer": {
                "key": "checkout",
                "value": True,
                "variant": "on",
                "reason": "TARGETING_MATCH",
                "version": 2,
                "metadata": {"rule": "india"},
            },
        }
    ]


def test_a_trace_comes_where_it_is_asked_for(program: Caller) -> None:
    [cell] = ask(program, contexts=[RAVI], environments=["development"], explain=True).json()["cells"]

    assert [(step["kind"], step["result"]) for step in cell["steps"]] == [
        ("enabled", "passed"),
        ("rule", "decided"),
        ("fallthrough", "not_reached"),
    ]
    assert cell["steps"][1]["condition"]["saw"] == "IN"
    assert cell.keys() == {"environment", "context", "flag", "answer", "steps", "flags", "segments"}


def test_a_draft_is_answered_and_never_saved(program: Caller) -> None:
    heads = ManifestHead.objects.count()

    matrix = ask(program, drafts={"checkout": {"production": {"enabled": True}}}, environments=["production"]).json()

    assert matrix["cells"][0]["answer"]["variant"] == "on"
    assert FlagConfig.objects.filter(environment__key="production").count() == 0
    assert ManifestHead.objects.count() == heads


def test_an_answer_of_the_api_can_be_edited_and_played(program: Caller) -> None:
    state = program.get(f"{SHOP}/flags/checkout/environments/development").json()

    matrix = ask(program, drafts={"checkout": {"development": state | {"enabled": False}}}).json()

    assert matrix["cells"][0]["answer"]["variant"] == "off"


def test_the_clock_may_be_set(program: Caller, a_flag: MakeFlag, development: Environment) -> None:
    sale = {"attribute": "now", "op": "after", "values": ["2030-01-01T00:00:00Z"]}
    a_flag("sale", development, enabled=True, rules=[{"id": "r", "if": sale, "serve": {"variant": "off"}}])

    asked = {"flags": ["sale"], "environments": ["development"]}
    answers = [ask(program, now=now, **asked).json() for now in ("2029-12-31T23:59:59Z", "2030-01-01T00:00:01+00:00")]

    assert [answer["cells"][0]["answer"]["variant"] for answer in answers] == ["on", "off"]
    assert [answer["now"] for answer in answers] == ["2029-12-31T23:59:59Z", "2030-01-01T00:00:01Z"]


def test_one_may_ask_as_a_client_key(program: Caller, a_flag: MakeFlag, development: Environment) -> None:
    a_flag("hidden", development, enabled=True, flag={"client_visible": False})

    matrix = ask(program, flags=["hidden"], environments=["development"], **{"as": "client"}).json()

    assert matrix["cells"][0]["answer"]["errorCode"] == "FLAG_NOT_FOUND"


@pytest.mark.parametrize(
    ("question", "paths"),
    [
        ({"contexts": "all"}, ["contexts"]),
        ({"contexts": [{}, 7]}, ["contexts[1]"]),
        ({"flags": ["checkot"]}, ["flags[0]"]),
        ({"environments": ["prod", 1]}, ["environments[0]", "environments[1]"]),
        ({"drafts": {"checkout": []}}, ["drafts.checkout"]),
        ({"drafts": {"checkout": {"live": {}}}}, ["drafts.checkout.live"]),
        ({"drafts": {"checkout": {"development": {"off": "no"}}}}, ["drafts.checkout.development.off"]),
        ({"now": "tomorrow"}, ["now"]),
        ({"now": "2026-11-21T10:00:00"}, ["now"]),
        ({"as": "relay"}, ["as"]),
        ({"context": {}}, ["context"]),
    ],
)
def test_what_is_wrong_with_a_question_is_named(program: Caller, question: Any, paths: list[str]) -> None:
    assert paths_of(problem_of(ask(program, **question), 400, "invalid")) == paths


def test_contexts_are_not_optional(program: Caller) -> None:
    assert paths_of(problem_of(program.post(PLAYGROUND, {}), 400, "invalid")) == ["contexts"]


@pytest.mark.parametrize(("explain", "most"), [(False, 1_000), (True, 100)])
def test_more_cells_than_are_answered_at_once_are_refused(program: Caller, explain: bool, most: int) -> None:
    assert ask(program, contexts=[{}] * most, explain=explain).status_code == 200

    refusal = problem_of(ask(program, contexts=[{}] * (most + 1), explain=explain), 422, "too-many-cells")

    assert refusal["detail"].startswith(f"1 flags × {most + 1:,} contexts × 2 environments are")


def test_a_viewer_may_play(vera: User) -> None:
    assert ask(person(vera)).status_code == 200


def test_somebody_with_one_environment_plays_in_that_alone(
    development: Environment, a_user: Callable[[str], User], acme: Organization, system: Actor
) -> None:
    secret = services.create_api_key(kind="token", scope=development, name="dev", role=Role.VIEWER, actor=system)[1]

    assert ask(token_of(secret)).json()["environments"] == ["development"]
    assert paths_of(problem_of(ask(token_of(secret), environments=["production"]), 400)) == ["environments[0]"]


def test_an_outsider_finds_no_playground(charlie: User, globex: Organization) -> None:
    problem_of(ask(person(charlie)), 404)


def test_a_stranger_is_asked_who_they_are() -> None:
    problem_of(ask(Caller()), 401)


def test_a_session_without_its_csrf_token_is_refused(vera: User) -> None:
    caller = person(vera)
    del caller.headers["X-CSRFToken"]

    problem_of(ask(caller), 403, "csrf")


def test_many_flags_and_contexts_take_no_more_queries(
    program: Caller, a_flag: MakeFlag, development: Environment
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert ask(program, contexts=[RAVI] * 10, explain=False).status_code == 200
        return len(captured)

    few = queries()
    for number in range(20):
        a_flag(f"flag-{number}", development, enabled=True, prerequisites={"flag": "checkout", "variants": ["on"]})

    assert queries() == few <= 12
