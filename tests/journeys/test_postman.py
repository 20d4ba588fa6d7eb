"""Postman's own runner goes through the collection of a real server, and every answer is as the schema says."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from tenants import services
from tenants.actors import Actor
from tenants.models import Organization
from tenants.roles import Role
from tests.journeys.conftest import Server
from tests.npm.install import NotInstalled, install

NPM = Path(__file__).resolve().parents[1] / "npm/postman"
Item = dict[str, Any]
Run = Callable[..., list[Item]]
pytestmark = pytest.mark.timeout(300)

# What is read: every GET whose address has nothing but these, and no open end.
PLACES = {"server", "organization", "project", "environment", "flag", "segment", "key"}
ENDLESS = {"Sdk stream", "Sdk relay stream", "Sdk poll", "Ofrep stream"}
# What a token is refused, since it is about whoever asks.
OF_PEOPLE = {"Flag watch get", "Watching get"}


@pytest.fixture(scope="session")
def newman() -> Path:
    if shutil.which("npm") is None:
        pytest.skip("needs Node and npm; script/test gets them")
    try:
        return install(NPM) / ".bin/newman"
    except NotInstalled as error:
        pytest.skip(f"npm could not fetch Newman: {error}")


@pytest.fixture
def token(demo: dict[str, Any]) -> str:
    acme = Organization.objects.get(slug="acme")
    actor = Actor.system("test")
    made = services.create_api_key(kind="token", scope=acme, name="Postman", role=Role.ADMIN, actor=actor)
    return str(made[1])


@pytest.fixture
def collection(token: str, servers: list[Server]) -> dict[str, Any]:
    document: dict[str, Any] = httpx.get(f"{servers[0].url}/api/postman.json").json()
    return document


@pytest.fixture
def schema(servers: list[Server]) -> dict[str, Any]:
    document: dict[str, Any] = httpx.get(f"{servers[0].url}/api/schema/?format=json", timeout=60).json()
    return document


@pytest.fixture
def run(
    newman: Path, collection: dict[str, Any], demo: dict[str, Any], token: str, tmp_path: Path, schema: dict[str, Any]
) -> Run:
    """Runs these items with these variables; every status is a good one, and every answer has the shape of its schema."""
    keys = {"token": token, "sdk_key": demo["environments"]["production"]["server_key"]}

    def go(items: list[Item], **variables: str) -> list[Item]:
        file, report = tmp_path / "collection.json", tmp_path / "report.json"
        file.write_text(json.dumps({**collection, "item": items}))
        command = [str(newman), "run", str(file), "--reporters", "json", "--reporter-json-export", str(report)]
        for name, value in (keys | variables).items():
            command += ["--env-var", f"{name}={value}"]
        subprocess.run(command, capture_output=True, timeout=200, check=False)
        executions: list[Item] = json.loads(report.read_text())["run"]["executions"]
        for execution in executions:
            answers_as_documented(execution, schema)
        assert len(executions) == len(items)
        return executions

    return go


def answers_as_documented(execution: Item, schema: dict[str, Any]) -> None:
    name, answer = execution["item"]["name"], execution["response"]
    body = bytes(answer["stream"]["data"]).decode()
    failed = [test["error"]["message"] for test in execution["assertions"] if "error" in test]
    assert not failed, (name, answer["code"], body[:500])
    content = operation(name, schema)["responses"][str(answer["code"])].get("content", {}).get("application/json")
    if content is not None:
        shape = {**content["schema"], "components": schema["components"]}
        faults = [fault.message for fault in Draft202012Validator(shape).iter_errors(json.loads(body))]
        assert not faults, (name, faults[:3])


def operation(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """By the name that the collection made of its id."""
    found: dict[str, Any] = next(
        each
        for methods in schema["paths"].values()
        for each in methods.values()
        if isinstance(each, dict) and each.get("operationId", "").replace("_", " ").capitalize() == name
    )
    return found


def calls(items: list[Item]) -> Iterator[Item]:
    for item in items:
        if "item" in item:
            yield from calls(item["item"])
        else:
            yield item


def variables_in(item: Item) -> set[str]:
    return {part.partition("}}")[0] for part in item["request"]["url"]["raw"].split("{{")[1:]}


def test_everything_that_is_read_answers_as_the_schema_says(run: Run, collection: dict[str, Any]) -> None:
    reading = [
        item
        for item in calls(collection["item"])
        if item["request"]["method"] == "GET"
        and variables_in(item) <= PLACES
        and item["name"] not in ENDLESS | OF_PEOPLE
    ]

    executed = run(reading)

    assert len(executed) > 40


def test_a_flag_lives_its_life(run: Run, collection: dict[str, Any], servers: list[Server], token: str) -> None:
    by_name = {item["name"]: item for item in calls(collection["item"])}

    def call(name: str, body: Any = None) -> Item:
        item: Item = json.loads(json.dumps(by_name[name]))
        if body is not None:
            item["request"]["body"]["raw"] = json.dumps(body)
        return item

    life = run(
        [
            call("Flag create", {"key": "{{flag}}", "name": "From Postman", "type": "boolean"}),
            call("Flag state edit", {"enabled": True}),
            call("Flag state get"),
        ],
        flag="from-postman",
        key="from-postman",
    )
    assert [json.loads(bytes(each["response"]["stream"]["data"])).get("enabled") for each in life[1:]] == [True, True]

    asked = run(
        [call("Sdk flag get"), call("Ofrep flag"), call("Flag archive")], flag="from-postman", key="from-postman"
    )
    values = [json.loads(bytes(each["response"]["stream"]["data"])).get("value") for each in asked[:2]]
    assert values == [True, True]

    address = f"{servers[0].url}/api/v1/organizations/acme/projects/shop/flags/from-postman"
    read = httpx.get(address, headers={"Authorization": f"Bearer {token}"}).json()
    assert read["archived_at"] is not None
