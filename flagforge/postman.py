"""The API as a Postman collection (v2.1), made from the OpenAPI schema: each call with an example, in folders."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer

FORMAT = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
METHODS = ("get", "post", "put", "patch", "delete")
# Variables of the collection: where, by which keys, and what stands in addresses, as in the demo.
KEYS = {"token": "A token key, for the management API.", "sdk_key": "A client or server key, for the SDK API."}
PLACES = {
    "organization": "acme",
    "project": "shop",
    "environment": "production",
    "flag": "new-checkout",
    "key": "new-checkout",
    "segment": "beta-testers",
}
DEEPEST = 6
Json = dict[str, Any]


@require_safe
@cache_control(no_cache=True)
@conditional_page
def postman(request: HttpRequest) -> HttpResponse:
    """For everybody, as the schema is: it has no key in it."""
    response = HttpResponse(_written(), content_type="application/json")
    response["Content-Disposition"] = 'inline; filename="flagforge.postman_collection.json"'
    return response


@cache
def _written() -> bytes:
    """Once in the life of the process: the schema changes with the code alone."""
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # it has no types
    document: Json = json.loads(OpenApiJsonRenderer().render(schema))
    text = json.dumps(collection(document, server=settings.PUBLIC_URL.rstrip("/")), ensure_ascii=False, indent=1)
    return text.encode()


def collection(schema: Mapping[str, Any], *, server: str) -> Json:
    """The collection of a schema (OpenAPI 3.1); `server` is what `{{server}}` stands for, and may be changed."""
    names = [{"key": "server", "value": server}]
    names += [{"key": key, "value": "", "description": words} for key, words in KEYS.items()]
    names += [{"key": key, "value": value} for key, value in PLACES.items()]
    return {
        "info": {
            "name": schema["info"]["title"],
            "description": schema["info"].get("description", ""),
            "schema": FORMAT,
        },
        "auth": _bearer(),
        "variable": names,
        "item": _folders(schema),
    }


def _folders(schema: Mapping[str, Any]) -> list[Json]:
    """By tag; the many calls of the management API besides by the thing that they are about."""
    tags: dict[str, dict[str, list[Json]]] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            if method in METHODS and not path.startswith("/ws/"):
                tag = (operation.get("tags") or ["Other"])[0]
                things = tags.setdefault(tag, {})
                things.setdefault(_thing(path), []).append(_item(path, method, operation, schema))
    return [_folder(tag, things) for tag, things in tags.items()]


def _folder(tag: str, things: Mapping[str, list[Json]]) -> Json:
    if len(things) == 1 or tag != "Management API":
        return {"name": tag, "item": [item for items in things.values() for item in items]}
    return {"name": tag, "item": [{"name": name, "item": items} for name, items in things.items()]}


def _thing(path: str) -> str:
    """`Flags` for /api/v1/organizations/{organization}/projects/{project}/flags/{flag}/archive."""
    parts = path.removeprefix("/api/v1/").strip("/").split("/")
    for around in ("organizations", "projects"):
        if len(parts) > 2 and parts[0] == around:
            parts = parts[2:]
    return parts[0].replace("-", " ").capitalize()


def _item(path: str, method: str, operation: Mapping[str, Any], schema: Mapping[str, Any]) -> Json:
    headers, query = _parameters(operation, schema, "header"), _parameters(operation, schema, "query")
    body = _body(operation, schema)
    address = "{{server}}" + path.replace("{", "{{").replace("}", "}}")
    asked = "&".join(f"{each['key']}={each['value']}" for each in query if not each["disabled"])
    request: Json = {
        "method": method.upper(),
        "header": [*headers, *([{"key": "Content-Type", "value": "application/json"}] if body else [])],
        "url": {
            "raw": f"{address}?{asked}" if asked else address,
            "host": ["{{server}}"],
            "path": address.removeprefix("{{server}}/").split("/"),
            "query": query,
        },
        "description": operation.get("description", ""),
    }
    if body is not None:
        text = json.dumps(body, ensure_ascii=False, indent=2)
        request["body"] = {"mode": "raw", "raw": text, "options": {"raw": {"language": "json"}}}
    if any("ApiKey" in way for way in operation.get("security") or ()):
        request["auth"] = {"type": "apikey", "apikey": _pairs(key="X-API-Key", value="{{sdk_key}}", **{"in": "header"})}
    name = operation["operationId"].replace("_", " ").capitalize()
    return {"name": name, "event": [_check(operation)], "request": request, "response": []}


def _check(operation: Mapping[str, Any]) -> Json:
    """A test in the collection: the status is one that the schema names for success."""
    good = sorted(int(status) for status in operation["responses"] if status.isdigit() and status < "400")
    lines = [f'pm.test("answers {" or ".join(map(str, good))}", () => pm.expect({good}).to.include(pm.response.code));']
    return {"listen": "test", "script": {"type": "text/javascript", "exec": lines}}


def _bearer() -> Json:
    return {"type": "bearer", "bearer": _pairs(token="{{token}}")}  # noqa: S106  (the name of a variable)


def _pairs(**values: str) -> list[Json]:
    return [{"key": key, "value": value, "type": "string"} for key, value in values.items()]


def _parameters(operation: Mapping[str, Any], schema: Mapping[str, Any], where: str) -> list[Json]:
    """Those that may be left out are there, and switched off."""
    return [
        {
            "key": each["name"],
            "value": str(_example(each, schema)),
            "description": each.get("description", ""),
            "disabled": not each.get("required", False),
        }
        for each in operation.get("parameters", ())
        if each["in"] == where
    ]


def _body(operation: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    """The first example of the body, or one made of what it must have; None where there is no body."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return None if content is None else _example(content, schema)


def _example(holder: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    if "example" in holder:
        return holder["example"]
    for example in holder.get("examples", {}).values():
        return example.get("value")
    return _made_of(holder.get("schema", {}), schema, DEEPEST)


def _made_of(shape: Any, schema: Mapping[str, Any], depth: int) -> Any:
    """The least that such a shape allows."""
    if not isinstance(shape, Mapping) or not depth:
        return ""
    if "$ref" in shape:
        return _made_of(schema["components"]["schemas"][shape["$ref"].rpartition("/")[2]], schema, depth)
    for given in _given(shape):
        return given
    for choices in ("anyOf", "oneOf", "allOf"):
        if choices in shape:
            return _made_of(shape[choices][0], schema, depth - 1)
    kind = shape.get("type", "object")
    if kind == "object":
        members = shape.get("properties", {})
        return {name: _made_of(members.get(name, {}), schema, depth - 1) for name in shape.get("required", ())}
    return {"array": [], "boolean": True, "integer": shape.get("minimum", 1), "number": 1, "null": None}.get(kind, "")


def _given(shape: Mapping[str, Any]) -> Iterator[Any]:
    """What the shape itself says that one is like."""
    for name in ("example", "default", "const"):
        if name in shape:
            yield shape[name]
    for name in ("examples", "enum"):
        yield from shape.get(name, ())
