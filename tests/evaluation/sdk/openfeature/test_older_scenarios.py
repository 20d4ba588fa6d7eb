"""OpenFeature's older scenarios of evaluation, which call every method by its name."""

from typing import Any

from openfeature.evaluation_context import EvaluationContext
from pytest_bdd import parsers, scenarios, then, when

from tests.evaluation.sdk.openfeature.conftest import READ, World

scenarios("features/evaluation.feature")

FIELDS = r"contain fields (?P<names>.+), with values (?P<values>.+), respectively"


def evaluate(world: World, kind: str, key: str, default: Any) -> None:
    world.type, world.key, world.default = kind, key, default
    world.ask()
    value = getattr(world.client, f"get_{kind}_value")(key, default, EvaluationContext(attributes=world.attributes))
    assert value == world.details.value


def read(kind: str, value: str) -> Any:
    return READ[kind](value.strip('"'))


@when(
    parsers.re(
        r'an? (?P<kind>\w+) flag with key "(?P<key>[^"]+)" is evaluated with (details and )?default value (?P<default>.+)'
    )
)
@when(
    parsers.re(
        r'an? (?P<kind>\w+) flag with key "(?P<key>[^"]+)" is evaluated with (details and )?a (?P<default>null) default value'
    )
)
def a_typed_flag(kind: str, key: str, default: str, world: World) -> None:
    evaluate(world, kind, key, {} if default == "null" else read(kind, default))


@then(parsers.re(r"the resolved (?P<kind>boolean|string|integer|float) value should be (?P<value>.+)"))
def the_value(kind: str, value: str, world: World) -> None:
    assert world.details.value == read(kind, value)


@then(
    parsers.re(
        r"the resolved (?P<kind>\w+) details value should be (?P<value>.+), "
        r'the variant should be "(?P<variant>\w+)", and the reason should be "(?P<reason>\w+)"'
    )
)
def the_details(kind: str, value: str, variant: str, reason: str, world: World) -> None:
    the_value(kind, value, world)
    the_variant_and_the_reason(variant, reason, world)


@then(parsers.re(rf"the resolved object (details )?value should be {FIELDS}"))
def the_object(world: World) -> None:
    assert world.details.value == {"showImages": True, "title": "Check out these pics!", "imagesPerPage": 100}


@then(parsers.re(r'the variant should be "(?P<variant>\w+)", and the reason should be "(?P<reason>\w+)"'))
def the_variant_and_the_reason(variant: str, reason: str, world: World) -> None:
    assert (world.details.variant, world.details.reason) == (variant, reason)


@when(
    parsers.re(
        r'context contains keys "fn", "ln", "age", "customer" with values "(?P<fn>.+)", "(?P<ln>.+)", (?P<age>\d+), "false"'
    )
)
def a_context(fn: str, ln: str, age: str, world: World) -> None:
    world.attributes = {"fn": fn, "ln": ln, "age": int(age), "customer": False}


@when(parsers.parse('a flag with key "{key}" is evaluated with default value "{default}"'))
def a_flag(key: str, default: str, world: World) -> None:
    evaluate(world, "string", key, default)


@then(parsers.parse('the resolved string response should be "{value}"'))
def the_response(value: str, world: World) -> None:
    assert world.details.value == value


@then(parsers.parse('the resolved flag value is "{value}" when the context is empty'))
def the_value_without_a_context(value: str, world: World) -> None:
    world.attributes = {}
    assert world.ask().value == value


@when(
    parsers.re(
        r'a non-existent string flag with key "(?P<key>.+)" is evaluated with details and a fallback value "(?P<default>.+)"'
    )
)
def a_missing_flag(key: str, default: str, world: World) -> None:
    evaluate(world, "string", key, default)


@when(
    parsers.re(
        r'a string flag with key "(?P<key>.+)" is evaluated as an integer, with details and a fallback value (?P<default>\d+)'
    )
)
def a_flag_of_another_type(key: str, default: str, world: World) -> None:
    evaluate(world, "integer", key, int(default))


@then(parsers.re(r"the default (string|integer) value should be returned"))
def the_default(world: World) -> None:
    assert world.details.value == world.default


@then(parsers.re(r'the reason should indicate an error and the error code should indicate .+ with "(?P<code>\w+)"'))
def the_error(code: str, world: World) -> None:
    assert (world.details.reason, world.details.error_code) == ("ERROR", code)
