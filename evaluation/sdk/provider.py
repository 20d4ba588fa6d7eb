"""FlagForge as a provider of OpenFeature's Python SDK."""

import threading
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEvent, ProviderEventDetails
from openfeature.exception import ErrorCode, GeneralError, ProviderFatalError
from openfeature.flag_evaluation import FlagResolutionDetails, FlagValueType
from openfeature.hook import Hook
from openfeature.provider import AbstractProvider, FeatureProvider, Metadata
from openfeature.track import TrackingEventDetails

from .client import Client
from .details import Details
from .evaluations import Evaluations
from .lifetime import State
from .provider_context import attributes_of
from .unready import Unready

NAME = "FlagForge"
READY_SECONDS = 10.0

Value = TypeVar("Value")
Context = EvaluationContext | None
Emit = Callable[[FeatureProvider, ProviderEvent, ProviderEventDetails], None]
Structure = Sequence[FlagValueType] | Mapping[str, FlagValueType]


class _Nothing(Evaluations):
    """What answers before there is a client."""

    _source = Unready("the provider is not initialized")


class FlagForgeProvider(AbstractProvider):
    """Give it a client, which stays yours to close, or what to make one with, from `initialize` to `shutdown`.

    `initialize` waits up to `ready_seconds` for rules. Without any it fails, and PROVIDER_READY comes when they do; options
    that no client can be made with are PROVIDER_FATAL. PROVIDER_STALE says that nobody confirms the rules any more,
    PROVIDER_ERROR that nobody has for a day (evaluation goes on all the same), PROVIDER_READY that somebody does again.
    """

    def __init__(
        self,
        client: Client | None = None,
        *,
        ready_seconds: float = READY_SECONDS,
        hooks: Sequence[Hook] = (),
        **options: Any,
    ) -> None:
        super().__init__()
        if client is not None and options:
            raise ValueError(f"the client is made already: {', '.join(options)} would change nothing")
        self._given, self._options = client, options
        self._ready_seconds, self._hooks = ready_seconds, list(hooks)
        self._client: Client | None = client
        self._flags: Evaluations = client or _Nothing()
        self._ends: list[Callable[[], None]] = []
        # OpenFeature initializes in a thread of its own, which a shutdown may overtake.
        self._lock, self._is_wanted = threading.Lock(), True

    def attach(self, on_emit: Emit) -> None:
        """Somebody wants it from now on, perhaps again."""
        super().attach(on_emit)
        self._is_wanted = True

    def get_metadata(self) -> Metadata:
        return Metadata(name=NAME)

    def get_provider_hooks(self) -> list[Hook]:
        return self._hooks

    def initialize(self, evaluation_context: EvaluationContext) -> None:
        """Raises what OpenFeature makes PROVIDER_ERROR or PROVIDER_FATAL of."""
        client = self._opened()
        client.wait_until_ready(self._ready_seconds)
        self._listen(client)
        if not client.is_ready:
            raise GeneralError(f"no rules came within {self._ready_seconds:g} s: {client.trouble}")

    def _opened(self) -> Client:
        with self._lock:
            self._check_is_wanted()
            self._client = self._flags = client = self._given or self._made()
            return client

    def _listen(self, client: Client) -> None:
        with self._lock:
            self._check_is_wanted()
            self._stop_listening()
            self._ends = [client.on_change(self._tell_changed), client.on_state(self._tell_state)]

    def _check_is_wanted(self) -> None:
        if not self._is_wanted:
            raise GeneralError("the provider was shut down before it was ready")

    def _made(self) -> Client:
        try:
            return Client(**self._options)
        except (TypeError, ValueError) as error:
            raise ProviderFatalError(str(error)) from error

    def shutdown(self) -> None:
        with self._lock:
            self._is_wanted = False
            self._stop_listening()
        if self._client is not None and self._given is None:
            self._client.close()

    def _stop_listening(self) -> None:
        for end in self._ends:
            end()
        self._ends = []

    def _tell_changed(self, keys: frozenset[str]) -> None:
        self.emit_provider_configuration_changed(ProviderEventDetails(flags_changed=sorted(keys)))

    def _tell_state(self, state: State) -> None:
        trouble = self._client.trouble if self._client is not None else ""
        if state == "fresh":
            self.emit_provider_ready(ProviderEventDetails())
        elif state == "stale":
            self.emit_provider_stale(ProviderEventDetails(message=trouble))
        else:
            self.emit_provider_error(ProviderEventDetails(message=trouble, error_code=ErrorCode.GENERAL))

    def resolve_boolean_details(
        self, flag_key: str, default_value: bool, evaluation_context: Context = None
    ) -> FlagResolutionDetails[bool]:
        return _resolved(self._flags.boolean_details(flag_key, default_value, attributes_of(evaluation_context)))

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: Context = None
    ) -> FlagResolutionDetails[str]:
        return _resolved(self._flags.string_details(flag_key, default_value, attributes_of(evaluation_context)))

    def resolve_integer_details(
        self, flag_key: str, default_value: int, evaluation_context: Context = None
    ) -> FlagResolutionDetails[int]:
        return _resolved(self._flags.integer_details(flag_key, default_value, attributes_of(evaluation_context)))

    def resolve_float_details(
        self, flag_key: str, default_value: float, evaluation_context: Context = None
    ) -> FlagResolutionDetails[float]:
        return _resolved(self._flags.double_details(flag_key, default_value, attributes_of(evaluation_context)))

    def resolve_object_details(
        self, flag_key: str, default_value: Structure, evaluation_context: Context = None
    ) -> FlagResolutionDetails[Structure]:
        return _resolved(self._flags.object_details(flag_key, default_value, attributes_of(evaluation_context)))

    def track(
        self,
        tracking_event_name: str,
        evaluation_context: Context = None,
        tracking_event_details: TrackingEventDetails | None = None,
    ) -> None:
        """The event and its value; FlagForge keeps no other details."""
        if self._client is not None:
            value = tracking_event_details.value if tracking_event_details is not None else None
            self._client.track(tracking_event_name, attributes_of(evaluation_context), value=value)


def _resolved(details: Details[Value]) -> FlagResolutionDetails[Value]:
    return FlagResolutionDetails(
        value=details.value,
        error_code=ErrorCode(details.error_code) if details.error_code else None,
        error_message=details.error_message,
        reason=details.reason,
        variant=details.variant or None,
        flag_metadata=MappingProxyType(dict(details.metadata)),
    )
