"""Where the streaming doors hang in the ASGI application."""

from django.urls import path

from evaluation.stream.consumers import PollConsumer, SdkSocket, StreamConsumer
from evaluation.stream.refetches import RefetchConsumer
from evaluation.stream.relays import RelayConsumer

http_routes = [
    path("api/v1/sdk/stream", StreamConsumer.as_asgi()),
    path("api/v1/sdk/relay/stream", RelayConsumer.as_asgi()),
    path("api/v1/sdk/poll", PollConsumer.as_asgi()),
    path("ofrep/v1/stream", RefetchConsumer.as_asgi()),
]
websocket_routes = [path("ws/sdk", SdkSocket.as_asgi())]
