"""A json flag's schema: checked itself, then its variants by it, without reaching outside and without endless work."""

from typing import Any

import pytest

from flags import services
from tenants.actors import Actor
from tenants.models import Project
from tenants.problems import Invalid

COLOR = {
    "type": "object",
    "properties": {"accent": {"$ref": "#/$defs/color"}},
    "$defs": {"color": {"pattern": "^#[0-9a-f]+$"}},
}


@pytest.fixture
def refusal(shop: Project, system: Actor) -> Any:
    """The (path, message) pairs with which a schema and its variants are refused."""

    def refuse(schema: object, **variants: Any) -> list[tuple[str, str]]:
        body = {"key": "theme", "type": "json", "variants": variants or {"a": {}}, "json_schema": schema}
        with pytest.raises(Invalid) as refused:
            services.create_flag(shop, body, actor=system)
        return [(fault.path, fault.message) for fault in refused.value.faults]

    return refuse


def test_values_that_fit_are_taken(shop: Project, system: Actor) -> None:
    body = {"key": "theme", "type": "json", "variants": {"a": {"accent": "#0b6e99"}}, "json_schema": COLOR}

    flag = services.create_flag(shop, body, actor=system).thing

    assert flag.json_schema == COLOR


def test_value_that_does_not_fit_is_named_by_its_path(refusal: Any) -> None:
    assert refusal(COLOR, light={"accent": "#0b6e99"}, dark={"accent": "blue"}) == [
        ("variants.dark.accent", '"blue" does not match "^#[0-9a-f]+$"')
    ]


def test_every_misfit_is_reported(refusal: Any) -> None:
    schema = {"required": ["x"], "items": {"type": "integer"}}

    assert [path for path, _ in refusal(schema, a={}, b=[1, "2", "3"])] == [
        "variants.a",
        "variants.b[1]",
        "variants.b[2]",
    ]


@pytest.mark.parametrize("schema", [7, "object", ["object"], True])
def test_schema_must_be_an_object(refusal: Any, schema: object) -> None:
    ((path, message),) = refusal(schema)

    assert path == "json_schema"
    assert "is not a schema" in message


@pytest.mark.parametrize(
    ("schema", "path", "message"),
    [
        ({"type": "objekt"}, "json_schema.type", "objekt"),
        ({"properties": {"a": {"minLength": -1}}}, "json_schema.properties.a.minLength", "minimum"),
        ({"$ref": "https://example.com/theme.json"}, 'json_schema["$ref"]', "must stay inside the schema"),
        ({"items": {"$ref": "file:///etc/passwd"}}, 'json_schema.items["$ref"]', "must stay inside the schema"),
        ({"$ref": "#/$defs/missing"}, "json_schema", '"#/$defs/missing" leads nowhere'),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, 'json_schema["$schema"]', "2020-12"),
        ({"pattern": "(?=x)"}, "json_schema.pattern", "is no RE2 pattern"),
        ({"properties": {"default": {"pattern": "("}}}, "json_schema.properties.default.pattern", "is no RE2 pattern"),
        ({"pattern": "x" * 1025}, "json_schema.pattern", "at most 1024"),
        ({"patternProperties": {"(a+)+$": True}}, "json_schema.patternProperties", "not supported"),
        ({"$dynamicRef": "#a"}, 'json_schema["$dynamicRef"]', "not supported"),
    ],
)
def test_schema_itself_is_checked(refusal: Any, schema: object, path: str, message: str) -> None:
    found = refusal(schema)

    assert any(path in where and message in what for where, what in found), found


def test_names_inside_values_are_no_keywords(shop: Project, system: Actor) -> None:
    schema = {"properties": {"patternProperties": {}}, "enum": [{"$ref": "https://example.com"}]}
    body = {"key": "a", "type": "json", "variants": {"a": {"$ref": "https://example.com"}}, "json_schema": schema}

    assert services.create_flag(shop, body, actor=system).changed


def test_schema_without_end_is_refused(refusal: Any) -> None:
    ((path, message),) = refusal({"$ref": "#"})

    assert (path, "no end" in message) == ("json_schema", True)


def test_schema_that_doubles_at_every_step_is_refused(refusal: Any) -> None:
    twice = {f"s{n}": {"allOf": [{"$ref": f"#/$defs/s{n + 1}"}] * 2} for n in range(40)}

    ((path, message),) = refusal({"$ref": "#/$defs/s0", "$defs": twice | {"s40": True}})

    assert (path, "too long" in message) == ("json_schema", True)


def test_pattern_takes_linear_time(refusal: Any) -> None:
    found = refusal({"properties": {"a": {"pattern": "^(a+)+$"}}}, a={"a": "a" * 5_000 + "!"})

    assert found[0][0] == "variants.a.a"
