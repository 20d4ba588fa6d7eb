"""The Postman collection: every call of the schema, each with its key and an example."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from flagforge.postman import FORMAT, METHODS, collection

Item = dict[str, Any]


def calls(items: list[Item]) -> Iterator[Item]:
    for item in items:
        if "item" in item:
            yield from calls(item["item"])
        else:
            yield item


@pytest.fixture
def schema(client: Client) -> dict[str, Any]:
    document: dict[str, Any] = client.get("/api/schema/?format=json").json()
    return document


def test_every_call_of_the_schema_is_there_once(client: Client, schema: dict[str, Any]) -> None:
    answer = client.get("/api/postman.json")

    found = [item["name"].lower().replace(" ", "_") for item in calls(answer.json()["item"])]
    operations = [
        operation["operationId"]
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if method in METHODS and not path.startswith("/ws/")
    ]
    assert sorted(found) == sorted(operations)
    assert answer.json()["info"]["schema"] == FORMAT
    assert client.get("/api/postman.json", headers={"If-None-Match": answer["ETag"]}).status_code == 304
    assert client.post("/api/postman.json").status_code == 405


def test_addresses_and_keys_are_variables(client: Client) -> None:
    document = client.get("/api/postman.json").json()
    by_name = {item["name"]: item["request"] for item in calls(document["item"])}
    variables = {each["key"] for each in document["variable"]}

    assert by_name["Flag get"]["url"]["raw"].startswith("{{server}}/api/v1/organizations/{{organization}}/projects/")
    assert document["auth"]["bearer"][0]["value"] == "{{token}}"
    assert by_name["Sdk flag get"]["auth"]["type"] == "apikey"
    assert {"server", "token", "sdk_key", "organization", "project", "environment", "flag"} <= variables
    assert all(each["value"] == "" for each in document["variable"] if each["key"] in ("token", "sdk_key"))


def test_bodies_are_the_examples_of_the_schema(client: Client, schema: dict[str, Any]) -> None:
    by_name = {item["name"]: item["request"] for item in calls(client.get("/api/postman.json").json()["item"])}
    address = "/api/v1/organizations/{organization}/projects/{project}/flags/"
    examples = schema["paths"][address]["post"]["requestBody"]["content"]["application/json"]["examples"]

    assert json.loads(by_name["Flag create"]["body"]["raw"]) == next(iter(examples.values()))["value"]


def test_without_an_example_a_body_has_what_it_must() -> None:
    body = {
        "type": "object",
        "required": ["name", "kind", "inner"],
        "properties": {
            "name": {"type": "string"},
            "kind": {"enum": ["client", "server"]},
            "inner": {"$ref": "#/components/schemas/Inner"},
            "left_out": {"type": "string"},
        },
    }
    schema = {
        "info": {"title": "It"},
        "components": {
            "schemas": {"Inner": {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}}
        },
        "paths": {
            "/api/v1/things/": {
                "post": {
                    "operationId": "thing_create",
                    "tags": ["Things"],
                    "requestBody": {"content": {"application/json": {"schema": body}}},
                    "responses": {"201": {}},
                }
            }
        },
    }

    made = collection(schema, server="http://x")["item"][0]["item"][0]

    assert json.loads(made["request"]["body"]["raw"]) == {"name": "", "kind": "client", "inner": {"n": 1}}
    assert "[201]" in made["event"][0]["script"]["exec"][0]
