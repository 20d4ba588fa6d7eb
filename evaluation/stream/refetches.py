"""The Channels door of OFREP's stream."""

from collections.abc import AsyncGenerator

from evaluation.delivery.callers import Caller
from evaluation.delivery.refetches import refetches
from evaluation.stream import service
from evaluation.stream.consumers import StreamConsumer
from evaluation.wire.frames import Message


class RefetchConsumer(StreamConsumer):
    """`GET /ofrep/v1/stream?token=…`: `event: message` with a refetchEvaluation for each new version."""

    kind = "ofrep"

    def messages(self, caller: Caller, since: int | None) -> AsyncGenerator[Message | None, None]:
        return refetches(caller, since, service.source())
