"""What a door sends back: status, headers, bytes. The same at every door."""

from dataclasses import dataclass

JSON = "application/json"

# Any page may ask: a key, not an origin or a cookie, is what opens the SDK API.
CORS_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "ETag, RateLimit, RateLimit-Policy, Retry-After, FlagForge-Freshness, FlagForge-Signature, FlagForge-Stream-Token"
    ),
}
PREFLIGHT_HEADERS = {
    **CORS_HEADERS,
    "Access-Control-Allow-Methods": "GET, POST, HEAD, OPTIONS",
    # `*` would not cover Authorization.
    "Access-Control-Allow-Headers": "Authorization, Cache-Control, Content-Type, If-None-Match, Last-Event-ID, X-API-Key",
    "Access-Control-Max-Age": "7200",
}
# An answer depends on who asked, so no proxy may hand it to somebody else.
CACHE_HEADERS = (("Cache-Control", "private, no-cache"), ("Vary", "Origin, Authorization, X-API-Key"))
SSE_HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
    **CORS_HEADERS,
}
POLL_HEADERS = (("Cache-Control", "no-store"),)

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """`headers` are those beyond Content-Type and CORS_HEADERS, which every door adds to every reply."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: Headers = ()


def answer(body: bytes, etag: str, headers: Headers = ()) -> Reply:
    return Reply(200, body, headers=(("ETag", etag), *CACHE_HEADERS, *headers))


def not_modified(etag: str, headers: Headers = ()) -> Reply:
    return Reply(304, b"", headers=(("ETag", etag), *CACHE_HEADERS, *headers))
