"""Where the sockets of pages hang in the ASGI application."""

from django.urls import path

from evaluation.dashboard.live import LiveSocket

websocket_routes = [path("ws/dashboard/<slug:organization>/<slug:project>", LiveSocket.as_asgi())]
