"""The map of addresses, by name: what is asked of every page is asked of a new one too."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver


def named_routes() -> dict[str, str]:
    """The route of each name, as `flags:list`; where several have a name, the last of them."""
    return dict(_named(get_resolver().url_patterns))


def filled(route: str, names: Mapping[str, str]) -> str:
    """An address; `names` has what stands for each converter of a route."""
    return "/" + re.sub(r"<\w+:(\w+)>", lambda converter: names[converter[1]], route)


def _named(patterns: list[Any], prefix: str = "", namespace: str = "") -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _named(pattern.url_patterns, route, inner)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}", route
