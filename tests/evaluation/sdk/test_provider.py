"""The provider beside a real server: its life, its events, its context, its hooks, and what it tracks."""

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import EventDetails, ProviderEvent
from openfeature.exception import GeneralError, ProviderFatalError
from openfeature.hook import Hook
from openfeature.provider import ProviderStatus
from openfeature.track import TrackingEventDetails
from openfeature.transaction_context import (
    ContextVarsTransactionContextPropagator,
    set_transaction_context,
    set_transaction_context_propagator,
)

from evaluation.sdk import client as clients
from evaluation.sdk.lifetime import Lifetime
from evaluation.sdk.provider import FlagForgeProvider
from evaluation.sdk.provider_context import attributes_of
from evaluation.sdk.testing import TestData
from tests.evaluation.sdk.conftest import Connect, until
from tests.evaluation.sdk.edge import SECRET, Edge, a_flag

pytest_plugins = ["evaluation.sdk.pytest_plugin"]
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def asking() -> Iterator[OpenFeatureClient]:
    yield api.get_client()
    api.clear_providers()


Heard = dict[ProviderEvent, list[EventDetails]]


@pytest.fixture
def heard(asking: OpenFeatureClient) -> Heard:
    """Every event from now on; one comes at once, because having no provider is ready as well."""
    events: Heard = {event: [] for event in ProviderEvent}
    for event, told in events.items():
        api.add_handler(event, told.append)
    until(lambda: bool(events[ProviderEvent.PROVIDER_READY]))
    events[ProviderEvent.PROVIDER_READY].clear()
    return events


def test_it_is_ready_when_rules_are_here_and_closes_what_it_made(
    edge: Edge, asking: OpenFeatureClient, heard: Heard
) -> None:
    provider = FlagForgeProvider(sdk_key=SECRET, base_url=edge.url)
    api.set_provider_and_wait(provider)

    assert asking.get_boolean_value("checkout", False) is True
    assert asking.get_provider_status() is ProviderStatus.READY
    assert api.get_provider_metadata().name == "FlagForge"
    until(lambda: len(heard[ProviderEvent.PROVIDER_READY]) == 1)
    made = provider._client
    api.shutdown()
    assert made is not None
    assert made._closed


def its_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "flagforge"]


@pytest.mark.parametrize("name", ["shutdown before initialize", "shutdown in the midst of it"])
def test_whatever_comes_first_after_shutdown_no_client_is_left(name: str, asking: OpenFeatureClient) -> None:
    provider = FlagForgeProvider(sdk_key=SECRET, base_url=NOWHERE, ready_seconds=60)
    before, begun = its_threads(), time.monotonic()
    if name == "shutdown before initialize":
        provider.shutdown()
    else:
        threading.Timer(0.5, provider.shutdown).start()

    with pytest.raises(GeneralError, match="shut down before it was ready"):
        provider.initialize(EvaluationContext())

    assert time.monotonic() - begun < 30
    until(lambda: its_threads() == before)
    assert provider._ends == []


def test_after_shutdown_it_may_be_used_again(edge: Edge, asking: OpenFeatureClient) -> None:
    provider = FlagForgeProvider(sdk_key=SECRET, base_url=edge.url)

    for _ in range(2):
        api.set_provider_and_wait(provider)
        assert asking.get_boolean_value("checkout", False) is True
        api.clear_providers()


def test_a_client_that_was_given_stays_open_and_may_be_used_again(connect: Connect, asking: OpenFeatureClient) -> None:
    client = connect()
    provider = FlagForgeProvider(client)

    for _ in range(2):
        api.set_provider_and_wait(provider)
        assert asking.get_boolean_value("checkout", False) is True
        api.clear_providers()

    assert not client._closed


def test_options_beside_a_client_are_refused(connect: Connect) -> None:
    with pytest.raises(ValueError, match="mode would change nothing"):
        FlagForgeProvider(connect(), mode="polling")


@pytest.mark.parametrize("options", [{}, {"sdk_key": SECRET}, {"unknown": 1}])
def test_options_that_make_no_client_are_fatal(options: Any, asking: OpenFeatureClient) -> None:
    with pytest.raises(ProviderFatalError):
        api.set_provider_and_wait(FlagForgeProvider(**options))

    assert asking.get_provider_status() is ProviderStatus.FATAL
    assert asking.get_boolean_details("checkout", True).error_code == "PROVIDER_FATAL"


def test_without_rules_it_fails_and_is_ready_as_soon_as_they_come(
    edge: Edge, asking: OpenFeatureClient, heard: Heard
) -> None:
    edge.stop()
    with pytest.raises(GeneralError):
        api.set_provider_and_wait(FlagForgeProvider(sdk_key=SECRET, base_url=edge.url, ready_seconds=0.1))
    assert asking.get_provider_status() is ProviderStatus.ERROR
    assert asking.get_boolean_details("checkout", True).error_code == "PROVIDER_NOT_READY"

    edge.start()

    until(lambda: asking.get_provider_status() is ProviderStatus.READY, 30)
    assert asking.get_boolean_value("checkout", False) is True
    (failed,) = heard[ProviderEvent.PROVIDER_ERROR]
    assert "no rules came within 0.1 s" in str(failed.message)


def test_a_change_is_told_with_the_flags_that_changed(edge: Edge, asking: OpenFeatureClient, heard: Heard) -> None:
    api.set_provider_and_wait(FlagForgeProvider(sdk_key=SECRET, base_url=edge.url))

    edge.publish(checkout=a_flag(False), added=a_flag())

    until(lambda: bool(heard[ProviderEvent.PROVIDER_CONFIGURATION_CHANGED]))
    assert heard[ProviderEvent.PROVIDER_CONFIGURATION_CHANGED][0].flags_changed == ["added", "checkout"]
    assert asking.get_boolean_value("checkout", True) is False


def test_it_is_stale_then_in_error_then_ready_again_and_answers_all_the_while(
    edge: Edge, asking: OpenFeatureClient, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "LIFETIME", Lifetime(fresh_seconds=0.3, expires_seconds=1.0))
    monkeypatch.setattr(clients, "LOOK_SECONDS", 0.05)
    api.set_provider_and_wait(FlagForgeProvider(sdk_key=SECRET, base_url=edge.url))

    edge.stop()
    until(lambda: bool(heard[ProviderEvent.PROVIDER_STALE]))
    until(lambda: bool(heard[ProviderEvent.PROVIDER_ERROR]))
    assert asking.get_boolean_value("checkout", False) is True
    edge.start()

    until(lambda: asking.get_provider_status() is ProviderStatus.READY, 30)
    assert heard[ProviderEvent.PROVIDER_ERROR][0].error_code == "GENERAL"


def test_after_shutdown_nothing_is_told(flagforge: TestData, asking: OpenFeatureClient, heard: Heard) -> None:
    client = flagforge.client()
    api.set_provider_and_wait(FlagForgeProvider(client))
    api.clear_providers()

    flagforge.set("checkout", True)

    assert heard[ProviderEvent.PROVIDER_CONFIGURATION_CHANGED] == []
    assert not client._listeners


VALUES: dict[str, Any] = {"boolean": True, "string": "", "integer": 0, "float": 0.0, "object": {"a": [1]}}


@pytest.mark.parametrize("asked", VALUES)
@pytest.mark.parametrize("held", VALUES)
def test_a_value_is_of_the_type_that_was_asked_for(
    held: str, asked: str, flagforge: TestData, asking: OpenFeatureClient
) -> None:
    flagforge.set("flag", VALUES[held])
    api.set_provider_and_wait(FlagForgeProvider(flagforge.client()))
    default = {"boolean": False, "string": "?", "integer": 7, "float": 7.5, "object": {"d": 1}}[asked]

    details = getattr(asking, f"get_{asked}_details")("flag", default)

    if held == asked:
        assert (details.value, details.variant, details.reason) == (VALUES[held], "value", "STATIC")
    else:
        assert (details.value, details.error_code, details.reason) == (default, "TYPE_MISMATCH", "ERROR")


def test_every_detail_of_an_answer_arrives(flagforge: TestData, asking: OpenFeatureClient) -> None:
    flagforge.flag("checkout").rule("off", country="LV").metadata(team="shop")
    flagforge.flag("split").splits(on=50, off=50)
    client = flagforge.client()
    api.set_provider_and_wait(FlagForgeProvider(client))

    ruled = asking.get_boolean_details("checkout", True, EvaluationContext("alice", {"country": "LV"}))
    keyless = asking.get_boolean_details("split", True)
    with client.override("checkout", True):
        overridden = asking.get_boolean_details("checkout", False)

    assert (ruled.value, ruled.variant, ruled.reason) == (False, "off", "TARGETING_MATCH")
    assert dict(ruled.flag_metadata) == {"team": "shop", "rule": "r1"}
    assert (keyless.value, keyless.error_code, keyless.variant) == (True, "TARGETING_KEY_MISSING", None)
    assert "targetingKey" in str(keyless.error_message)
    assert (overridden.value, overridden.reason) == (True, "OVERRIDE")
    assert dict(overridden.flag_metadata) == {"override": "call"}


def test_the_context_becomes_attributes() -> None:
    at = datetime(2026, 11, 21, 10, 0, 0, 500, tzinfo=timezone(timedelta(hours=2)))
    attributes = {"at": at, "naive": at.replace(tzinfo=None), "list": ("a", 1), "app": {"version": "2.4", "since": at}}

    found = attributes_of(EvaluationContext("alice", {**attributes, "nothing": None}))  # type: ignore[dict-item]

    assert found == {
        "targetingKey": "alice",
        "at": "2026-11-21T10:00:00.000500+02:00",
        "naive": "2026-11-21T10:00:00.000500+00:00",
        "list": ["a", 1],
        "app": {"version": "2.4", "since": "2026-11-21T10:00:00.000500+02:00"},
        "nothing": None,
    }
    assert attributes_of(None) == {}
    assert attributes_of(EvaluationContext(None, {"user_id": "bob"})) == {"user_id": "bob"}


def test_a_rule_compares_a_datetime(flagforge: TestData, asking: OpenFeatureClient) -> None:
    since = {"attribute": "signup", "op": "before", "values": ["2026-01-01T00:00:00Z"]}
    flagforge.flag("veteran").rule("on", since).serves("off")
    api.set_provider_and_wait(FlagForgeProvider(flagforge.client()))

    asked = [EvaluationContext("alice", {"signup": datetime(year, 6, 1, tzinfo=UTC)}) for year in (2025, 2026)]

    assert [asking.get_boolean_value("veteran", False, context) for context in asked] == [True, False]


def test_contexts_of_every_level_are_merged(flagforge: TestData, asking: OpenFeatureClient) -> None:
    flagforge.flag("beta").rule("on", plan="pro", country="LV", targetingKey="alice").serves("off")
    api.set_provider_and_wait(FlagForgeProvider(flagforge.client()))
    api.set_evaluation_context(EvaluationContext(attributes={"plan": "pro"}))
    set_transaction_context_propagator(ContextVarsTransactionContextPropagator())
    set_transaction_context(EvaluationContext("alice"))

    try:
        assert asking.get_boolean_value("beta", False, EvaluationContext(attributes={"country": "LV"})) is True
    finally:
        set_transaction_context(EvaluationContext())
        api.set_evaluation_context(EvaluationContext())


async def test_asyncio_asks_in_the_same_way(flagforge: TestData, asking: OpenFeatureClient) -> None:
    flagforge.set("checkout", True)
    api.set_provider_and_wait(FlagForgeProvider(flagforge.client()))

    assert await asking.get_boolean_value_async("checkout", False) is True


def test_hooks_of_the_provider_run(flagforge: TestData, asking: OpenFeatureClient) -> None:
    class InLatvia(Hook):
        def before(self, hook_context: Any, hints: Any) -> EvaluationContext:
            return EvaluationContext(attributes={"country": "LV"})

    flagforge.flag("beta").rule("on", country="LV").serves("off")
    api.set_provider_and_wait(FlagForgeProvider(flagforge.client(), hooks=[InLatvia()]))

    assert asking.get_boolean_value("beta", False) is True


def test_a_moment_holds_for_openfeature_too(flagforge: TestData, asking: OpenFeatureClient) -> None:
    flagforge.set("checkout", True)
    client = flagforge.client()
    api.set_provider_and_wait(FlagForgeProvider(client))

    with client.moment():
        flagforge.set("checkout", False)
        assert asking.get_boolean_value("checkout", False) is True

    assert asking.get_boolean_value("checkout", True) is False


def test_what_is_tracked_is_told_to_the_server(flagforge: TestData, asking: OpenFeatureClient) -> None:
    client = flagforge.client()
    api.set_provider_and_wait(FlagForgeProvider(client))

    asking.track("purchase", EvaluationContext("alice"), TrackingEventDetails(12.5))
    asking.track("visit", EvaluationContext("bob"))

    (batch,) = client._telemetry.batches(1)
    told = [(each["event"], each["subject"], each.get("value")) for each in json.loads(batch)["events"]]
    assert told == [("purchase", "alice", 12.5), ("visit", "bob", None)]


def test_before_it_is_initialized_there_is_no_answer() -> None:
    provider = FlagForgeProvider(sdk_key=SECRET, base_url=NOWHERE)

    provider.track("purchase", EvaluationContext("alice"))

    assert provider.resolve_boolean_details("checkout", True).error_code == "PROVIDER_NOT_READY"
