"""An OpenFeature client, connected by the provider to a real server."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import OpenFeatureError
from openfeature.flag_evaluation import FlagEvaluationDetails, FlagEvaluationOptions
from openfeature.hook import Hook
from openfeature.provider import ProviderStatus
from pytest_bdd import given, parsers, then, when

from evaluation.sdk import client as clients
from evaluation.sdk.lifetime import Lifetime
from evaluation.sdk.provider import FlagForgeProvider
from tests.evaluation.sdk.conftest import until
from tests.evaluation.sdk.edge import SECRET, Edge
from tests.evaluation.sdk.openfeature.flags import all_flags

NOWHERE = "http://127.0.0.1:9"
READ: dict[str, Callable[[str], Any]] = {
    "boolean": lambda text: text == "true",
    "string": str,
    "integer": int,
    "float": float,
    "object": json.loads,
}


def pytest_configure(config: pytest.Config) -> None:
    for kind in ("booleans", "strings", "numbers", "objects"):
        config.addinivalue_line("markers", f"{kind}: how OpenFeature's scenarios tag their examples")


def pytest_bdd_apply_tag(tag: str, function: Any) -> bool:
    """Their tags are no markers of ours."""
    if tag == "reason-codes-cached":
        pytest.mark.skip(reason="a provider may answer CACHED; this one decides each time anew")(function)
    return True


@pytest.fixture(scope="module")
def upstream() -> Iterator[Edge]:
    edge = Edge(**all_flags())
    edge.start()
    yield edge
    edge.stop()


@dataclass
class Seen(Hook):
    """A hook that keeps which of its stages ran, and with what."""

    stages: list[str] = field(default_factory=list)
    details: dict[str, FlagEvaluationDetails[Any]] = field(default_factory=dict)

    def before(self, hook_context: Any, hints: Any) -> None:
        self.stages.append("before")

    def after(self, hook_context: Any, details: Any, hints: Any) -> None:
        self.stages.append("after")
        self.details["after"] = details

    def error(self, hook_context: Any, exception: Exception, hints: Any) -> None:
        self.stages.append("error")

    def finally_after(self, hook_context: Any, details: Any, hints: Any) -> None:
        self.stages.append("finally")
        self.details["finally"] = details


@dataclass
class World:
    """What one scenario knows."""

    edge: Edge
    client: OpenFeatureClient
    type: str = ""
    key: str = ""
    default: Any = None
    attributes: dict[str, Any] = field(default_factory=dict)
    hooks: list[Seen] = field(default_factory=list)
    details: FlagEvaluationDetails[Any] = field(default_factory=lambda: FlagEvaluationDetails("", None))
    providers: list[FlagForgeProvider] = field(default_factory=list)

    def begin(self, **options: Any) -> None:
        provider = FlagForgeProvider(**{"sdk_key": SECRET, "base_url": self.edge.url, **options})
        self.providers.append(provider)
        with suppress(OpenFeatureError) if options else nullcontext():
            api.set_provider_and_wait(provider)

    def ask(self) -> FlagEvaluationDetails[Any]:
        ask = getattr(self.client, f"get_{self.type}_details")
        context = EvaluationContext(attributes=self.attributes)
        options = FlagEvaluationOptions(hooks=list(self.hooks))
        self.details = ask(self.key, self.default, context, options)
        return self.details


@pytest.fixture
def world(upstream: Edge) -> Iterator[World]:
    world = World(upstream, api.get_client())
    yield world
    api.clear_providers()
    for provider in world.providers:  # OpenFeature forgets the one before where the next cannot be initialized
        provider.shutdown()
    api.clear_hooks()


def text(quoted: str) -> str:
    return quoted.replace('\\"', '"')


@given(parsers.re(r"an? (?P<kind>stable|not ready|error|fatal|stale) provider"))
def a_provider(kind: str, world: World, upstream: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    if kind == "stable":
        world.begin()
    elif kind == "error":
        world.begin(base_url=NOWHERE, ready_seconds=0.05)
    elif kind == "fatal":
        world.begin(base_url="")
    elif kind == "not ready":
        provider = FlagForgeProvider(sdk_key=SECRET, base_url=NOWHERE, ready_seconds=5.0)
        api.set_provider(provider)
        until(lambda: provider._client is not None)
    else:
        _let_it_become_stale(world, monkeypatch)


def _let_it_become_stale(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its server is away for longer than the rules are good for."""
    server = Edge(**all_flags())
    server.start()
    monkeypatch.setattr(clients, "LIFETIME", Lifetime(fresh_seconds=0.2, expires_seconds=1_000.0))
    monkeypatch.setattr(clients, "LOOK_SECONDS", 0.05)
    world.begin(base_url=server.url)
    server.stop()
    until(lambda: world.client.get_provider_status() is ProviderStatus.STALE)


@given(parsers.re(r'an? (?P<kind>\w+)-flag with key "(?P<key>[^"]*)" and a fallback value "(?P<default>.*)"'))
def a_flag_to_ask_for(kind: str, key: str, default: str, world: World) -> None:
    world.type, world.key = kind.lower(), key
    world.default = READ[world.type](text(default))


@given(
    parsers.re(r'a context containing a key "(?P<key>[^"]+)", with type "(?P<kind>\w+)" and with value "(?P<value>.*)"')
)
def a_context(key: str, kind: str, value: str, world: World) -> None:
    world.attributes[key] = READ[kind.lower()](value)


@given(parsers.parse('a context containing a key "{key}" with null value'))
def a_context_with_null(key: str, world: World) -> None:
    world.attributes[key] = None


@given("an evaluation context with modifiable data")
def a_context_that_may_be_modified(world: World) -> None:
    world.attributes["list"] = [1, 2]


@given("evaluation options containing specific hooks")
def two_hooks(world: World) -> None:
    world.hooks = [Seen(), Seen()]


@given("a client with added hook")
def a_client_with_a_hook(world: World) -> None:
    world.hooks = [Seen()]
    world.client.add_hooks(list(world.hooks))


@when("the flag was evaluated with details")
@when("the flag was evaluated with details using the evaluation options")
def evaluate(world: World) -> None:
    options, world.hooks = world.hooks, ([] if world.client.hooks else world.hooks)
    world.ask()
    world.hooks = options


@when("the flag was evaluated with details asynchronously")
def evaluate_asynchronously(world: World) -> None:
    ask = getattr(world.client, f"get_{world.type}_details_async")
    world.details = asyncio.run(ask(world.key, world.default))


@then("the evaluation should complete without blocking")
def it_completed(world: World) -> None:
    assert world.details.flag_key == world.key


@then(parsers.re(r'the resolved details value should be "(?P<value>.*)"'))
def the_value(value: str, world: World) -> None:
    wanted = READ[world.type](text(value))
    assert (world.details.value, type(world.details.value)) == (wanted, type(wanted))


@then(parsers.parse('the reason should be "{reason}"'))
def the_reason(reason: str, world: World) -> None:
    assert world.details.reason == reason


@then(parsers.parse('the error-code should be "{code}"'))
def the_error_code(code: str, world: World) -> None:
    assert world.details.error_code == code


@then(parsers.parse('the flag key should be "{key}"'))
def the_key(key: str, world: World) -> None:
    assert world.details.flag_key == key


@then(parsers.parse('the variant should be "{variant}"'))
def the_variant(variant: str, world: World) -> None:
    assert world.details.variant == variant


@then("the resolved metadata should contain")
def the_metadata(datatable: list[list[str]], world: World) -> None:
    wanted = {key: READ[kind.lower()](value) for key, kind, value in datatable[1:]}
    assert dict(world.details.flag_metadata) == wanted


@then("the resolved metadata is empty")
def no_metadata(world: World) -> None:
    assert not world.details.flag_metadata


@then(parsers.parse('the provider status should be "{status}"'))
def the_status(status: str, world: World) -> None:
    assert world.client.get_provider_status().value == status


@then("the specified hooks should execute during evaluation")
@then("the hook order should be maintained")
def the_hooks_ran(world: World) -> None:
    assert [hook.stages for hook in world.hooks] == [["before", "after", "finally"]] * 2


@then("the original evaluation context should remain unmodified")
def the_context_is_as_it_was(world: World) -> None:
    assert world.attributes == {"list": [1, 2]}


@then("the evaluation details should be immutable")
def the_metadata_are_immutable(world: World) -> None:
    metadata: Any = world.details.flag_metadata
    with pytest.raises(TypeError):
        metadata["new"] = True


@then(parsers.re(r'the "(?P<stages>[^"]+)" hook should have been executed'))
def a_stage_ran(stages: str, world: World) -> None:
    assert stages in world.hooks[0].stages


@then(parsers.re(r'the "(?P<stages>[^"]+)" hooks should be called with evaluation details'))
def the_stages_ran_with(stages: str, datatable: list[list[str]], world: World) -> None:
    for stage in stages.split(", "):
        seen = world.hooks[0].details[stage]
        for kind, name, value in datatable[1:]:
            assert getattr(seen, name) == (None if value == "null" else READ[kind](value)), (stage, name)
