"""OFREP's door: what every OpenFeature provider may send, and what it must find in the answer."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluation.delivery.held import Held
from evaluation.manifest import memory
from flags import services as flag_services
from tenants import services
from tenants.actors import Actor
from tenants.models import ApiKey, Environment, Project
from tests.evaluation.conftest import MakeFlag

pytestmark = pytest.mark.django_db(transaction=True)

FLAGS = "/ofrep/v1/evaluate/flags"
Evaluate = Callable[..., Any]
INDIA = {"attribute": "country", "op": "in", "values": ["IN"]}


@pytest.fixture(autouse=True)
def shop_flags(a_flag: MakeFlag, development: Environment, publish: Callable[[], int], client_key: str) -> None:
    a_flag("banner", development, enabled=True)
    a_flag(
        "checkout",
        development,
        enabled=True,
        rules=[{"id": "r1", "if": INDIA, "serve": {"variant": "on"}}],
        fallthrough={"variant": "off"},
    )
    a_flag("hidden", development, flag={"client_visible": False}, enabled=True)
    a_flag("price", development, flag={"type": "double", "variants": {"on": 10.0, "off": 0.0}}, enabled=True)
    a_flag("quiet", development, enabled=False, off=None)
    a_flag("split", development, enabled=True, fallthrough={"split": {"weights": {"on": 50, "off": 50}}})
    publish()


@pytest.fixture
def evaluate(client: Client, server_key: str) -> Evaluate:
    """`evaluate(country="IN")` asks for all flags, `evaluate("checkout", …)` for one; `body=` sends what it is given."""

    def post(
        flag: str = "", *, key: str = server_key, body: Any = None, headers: Any = None, query: str = "", **context: Any
    ) -> Any:
        address = f"{FLAGS}/{flag}" if flag else FLAGS
        sent = {**({"X-API-Key": key} if key else {}), **(headers or {})}
        asked = body if body is not None else {"context": context}
        return client.post(f"{address}{query}", asked, content_type="application/json; charset=utf-8", headers=sent)

    return post


def failure_of(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/json"
    assert answer["Access-Control-Allow-Origin"] == "*"
    document: dict[str, Any] = json.loads(answer.content)
    assert isinstance(document["errorCode"], str)
    assert document["errorDetails"]
    assert document["metadata"] == {}
    return document


def test_all_flags_with_their_errors_one_by_one(evaluate: Evaluate) -> None:
    answer = evaluate()
    flags = {each["key"]: each for each in answer.json()["flags"]}

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert list(flags) == ["banner", "checkout", "hidden", "price", "quiet", "split"]
    assert "value" not in flags["quiet"]
    assert flags["split"]["errorCode"] == "TARGETING_KEY_MISSING"
    assert flags["banner"]["value"] is True
    assert b'"value":10.0,' in answer.content


def test_one_flag_is_its_item_among_all(evaluate: Evaluate) -> None:
    items = evaluate(targetingKey="u1", country="IN").json()["flags"]

    for item in items:
        assert evaluate(item["key"], targetingKey="u1", country="IN").json() == item


def test_a_client_key_sees_what_is_visible_to_clients(evaluate: Evaluate, client_key: str) -> None:
    keys = [each["key"] for each in evaluate(key=client_key).json()["flags"]]

    hidden, absent = evaluate("hidden", key=client_key), evaluate("absent", key=client_key)

    assert "hidden" not in keys
    assert evaluate("banner", key=client_key).json()["value"] is True
    assert hidden.content == absent.content.replace(b"absent", b"hidden")
    assert failure_of(hidden, 404)["errorCode"] == "FLAG_NOT_FOUND"


@pytest.mark.parametrize("flag", ["a b", "a+b", "%61bsent", "%00", "\u0926", "a/b", "..", "banner/"])
def test_an_unknown_flag_is_not_found_whatever_its_name(flag: str, evaluate: Evaluate) -> None:
    failure_of(evaluate(flag), 404)


def test_a_name_is_decoded_once(evaluate: Evaluate) -> None:
    assert evaluate("%62anner").json()["key"] == "banner"
    assert evaluate("%2562anner").status_code == 404


def test_a_flag_that_must_split_and_has_nothing_to_split_by_is_400(evaluate: Evaluate) -> None:
    answer = evaluate("split")

    assert (answer.status_code, answer.json()["errorCode"]) == (400, "TARGETING_KEY_MISSING")
    assert answer.json()["errorDetails"]


@pytest.mark.parametrize(
    "header",
    [{"X-API-Key": "{}"}, {"Authorization": "Bearer {}"}, {"Authorization": "bearer {}"}, {"Authorization": "{}"}],
)
@pytest.mark.parametrize("flag", ["", "banner"])
def test_each_form_of_a_key_opens_the_door(
    flag: str, header: dict[str, str], evaluate: Evaluate, server_key: str
) -> None:
    named = {name: value.format(server_key) for name, value in header.items()}

    assert evaluate(flag, key="", headers=named).content == evaluate(flag).content


@pytest.mark.parametrize("flag", ["", "banner"])
@pytest.mark.parametrize("key", ["", "nonsense", "ff_client_" + "x" * 43])
def test_without_a_key_that_works_it_is_401(key: str, flag: str, evaluate: Evaluate) -> None:
    answer = evaluate(flag, key=key)

    assert failure_of(answer, 401)["errorCode"] == "GENERAL"
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_key_is_401(evaluate: Evaluate, system: Actor) -> None:
    services.revoke_api_key(ApiKey.objects.get(kind="server"), actor=system)

    failure_of(evaluate(), 401)


@pytest.mark.parametrize("kind", ["token_key", "relay_key"])
def test_the_wrong_kind_of_key_is_403(kind: str, evaluate: Evaluate, request: pytest.FixtureRequest) -> None:
    answer = evaluate("banner", key=request.getfixturevalue(kind))

    assert "client or server key" in failure_of(answer, 403)["errorDetails"]


@pytest.mark.parametrize("body", [b"", b"{}", b'{"context":null}', b'{"context":{}}', b'{"context":{},"more":[1]}'])
@pytest.mark.parametrize("flag", ["", "banner"])
def test_an_application_without_context_is_answered(flag: str, body: bytes, evaluate: Evaluate) -> None:
    assert evaluate(flag, body=body).status_code == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"{", "PARSE_ERROR"), (b"[]", "PARSE_ERROR"), (b"\xff", "PARSE_ERROR"), (b'{"context":5}', "INVALID_CONTEXT")],
)
@pytest.mark.parametrize("flag", ["", "banner"])
def test_a_body_that_cannot_be_read_is_400(flag: str, body: bytes, code: str, evaluate: Evaluate) -> None:
    document = failure_of(evaluate(flag, body=body), 400)

    assert (document["errorCode"], document.get("key", "")) == (code, flag)


@pytest.mark.parametrize(
    "context",
    [{"targetingKey": None}, {"targetingKey": {"a": 1}}, {"targetingKey": 7.5}, {"targetingKey": "", "x": "Some(1)"}],
)
def test_what_some_providers_send_for_a_targeting_key_breaks_nothing(context: Any, evaluate: Evaluate) -> None:
    flags = {each["key"]: each for each in evaluate(**context).json()["flags"]}

    assert flags["split"]["errorCode"] == "TARGETING_KEY_MISSING"
    assert evaluate("banner", **context).json()["value"] is True


def test_a_body_of_64_kib_passes_and_one_beyond_the_limit_is_413(evaluate: Evaluate) -> None:
    assert evaluate(note="x" * 65_536).status_code == 200
    assert "1,000,000 bytes" in failure_of(evaluate(note="x" * 1_000_000), 413)["errorDetails"]


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete"])
@pytest.mark.parametrize("address", [FLAGS, f"{FLAGS}/banner"])
def test_another_method_is_told_which_ones_there_are(
    address: str, method: str, client: Client, server_key: str
) -> None:
    answer = getattr(client, method)(address, headers={"X-API-Key": server_key})

    assert answer.status_code == 405
    assert answer["Allow"] == "POST, OPTIONS"
    assert method == "head" or failure_of(answer, 405)


@pytest.mark.parametrize(
    "address", ["/ofrep/v1/configuration", "/ofrep/v1/evaluate/flags/", "/ofrep/v2/evaluate/flags"]
)
def test_another_address_is_no_redirect(address: str, client: Client, server_key: str) -> None:
    failure_of(client.post(address, {}, content_type="application/json", headers={"X-API-Key": server_key}), 404)


@pytest.mark.parametrize("address", [FLAGS, f"{FLAGS}/banner"])
def test_a_preflight_needs_no_key(address: str, client: Client) -> None:
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Headers": "content-type,x-api-key"}
    answer = client.options(address, headers=asked)

    allowed = {name.strip().lower() for name in answer["Access-Control-Allow-Headers"].split(",")}

    assert answer.status_code == 204
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "POST" in answer["Access-Control-Allow-Methods"]
    assert allowed >= {"content-type", "authorization", "x-api-key", "if-none-match"}


def test_a_page_may_read_what_its_provider_needs(evaluate: Evaluate) -> None:
    for answer in (evaluate(), evaluate("banner"), evaluate("absent"), evaluate(key="")):
        exposed = {name.strip() for name in answer["Access-Control-Expose-Headers"].split(",")}
        assert exposed >= {"ETag", "Retry-After"}


def test_no_proxy_may_share_an_answer(evaluate: Evaluate) -> None:
    for answer in (evaluate(), evaluate("banner")):
        assert answer["Cache-Control"] == "private, no-cache"
        assert answer["Vary"] == "Origin, Authorization, X-API-Key"


def test_what_is_held_already_is_304(evaluate: Evaluate) -> None:
    tag = evaluate(targetingKey="u1")["ETag"]

    again = evaluate(targetingKey="u1", headers={"If-None-Match": f"W/{tag}"})

    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    assert again["Access-Control-Allow-Origin"] == "*"


def test_another_attribute_of_the_same_person_is_another_answer(evaluate: Evaluate) -> None:
    tag = evaluate(targetingKey="u1")["ETag"]

    assert evaluate(targetingKey="u1", country="IN", headers={"If-None-Match": tag}).status_code == 200


def test_a_tag_of_one_key_says_nothing_to_another(evaluate: Evaluate, client_key: str, server_key: str) -> None:
    tag = evaluate(key=server_key)["ETag"]

    assert evaluate(key=client_key, headers={"If-None-Match": tag}).status_code == 200


def test_who_heard_of_this_version_may_get_304_and_who_heard_of_another_may_not(evaluate: Evaluate) -> None:
    first = evaluate()
    version, held = first.json()["metadata"]["version"], {"If-None-Match": first["ETag"]}

    statuses = {
        told: evaluate(headers=held, query=f"?flagConfigEtag={told}&flagConfigLastModified=1&other=%FF").status_code
        for told in (version, version - 1, version + 1, "nonsense")
    }

    assert list(statuses.values()) == [304, 200, 200, 200]


@pytest.fixture
def published_elsewhere(
    evaluate: Evaluate, shop: Project, development: Environment, system: Actor, publish: Callable[[], int]
) -> int:
    """A version that this process has not looked for yet."""
    before: int = evaluate().json()["metadata"]["version"]
    held = dict(memory._held)
    flag_services.toggle_flag(shop.flags.get(key="banner"), development, enabled=False, actor=system)
    publish()
    memory._held.update(held)
    assert evaluate().json()["metadata"]["version"] == before
    return before + 1


def test_who_heard_of_a_newer_version_elsewhere_gets_it(evaluate: Evaluate, published_elsewhere: int) -> None:
    answer = evaluate(query=f"?flagConfigEtag={published_elsewhere}").json()

    assert answer["metadata"]["version"] == published_elsewhere
    assert answer["flags"][0]["value"] is False


def test_a_version_from_the_future_is_looked_for_once_a_second(
    evaluate: Evaluate, published_elsewhere: int, django_assert_num_queries: Any
) -> None:
    evaluate(query="?flagConfigEtag=900")

    with django_assert_num_queries(0):
        answers = [evaluate(query=f"?flagConfigEtag={version}") for version in range(900, 910)]

    assert {answer.status_code for answer in answers} == {200}
    memory._looked_at.clear()
    with django_assert_num_queries(1):
        evaluate(query="?flagConfigEtag=900")


def test_while_the_database_is_away_the_version_that_is_held_is_served(
    evaluate: Evaluate, published_elsewhere: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(known: Held) -> None:
        raise DatabaseError

    monkeypatch.setattr(memory, "look_again", away)

    answer = evaluate(query=f"?flagConfigEtag={published_elsewhere}")

    assert answer.json()["metadata"]["version"] == published_elsewhere - 1


def test_a_warm_question_costs_no_query(evaluate: Evaluate) -> None:
    version = evaluate(targetingKey="u1").json()["metadata"]["version"]

    with CaptureQueriesContext(connection) as queries:
        evaluate(targetingKey="u2")
        evaluate(targetingKey="u2", query=f"?flagConfigEtag={version}")
        evaluate("banner", targetingKey="u3")
        evaluate("absent")

    assert len(queries) == 0


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(["targetingKey", "country", "now", "context"]) | st.text(max_size=12)
FEW = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@FEW
@given(context=st.dictionaries(names, anything, max_size=4) | anything, flag=st.sampled_from(["", "split", "banner"]))
def test_no_context_breaks_the_door(evaluate: Evaluate, context: Any, flag: str) -> None:
    answer = evaluate(flag, body=json.dumps({"context": context}).encode())

    assert answer.status_code in (200, 400)
    assert json.loads(answer.content)


@FEW
@given(body=st.binary(max_size=200), flag=st.text(min_size=1, max_size=20), query=st.text(max_size=30))
def test_no_bytes_break_the_door(client: Client, server_key: str, body: bytes, flag: str, query: str) -> None:
    asked = {"X-API-Key": server_key, "If-None-Match": query.encode("ascii", "ignore").decode().replace("\n", "")}
    for address in (FLAGS, f"{FLAGS}/{flag}"):
        raw = query.encode("utf-8", "replace").decode("latin-1")
        answer = client.generic("POST", address, body, "application/json", headers=asked, QUERY_STRING=raw)

        assert answer.status_code < 500
        assert json.loads(answer.content)
