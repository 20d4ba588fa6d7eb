"""Serving without any key: the values of one environment that are visible to clients, for the pages of some origins.

Whoever shows no key is treated as one client key would be: values, streams of values, telemetry, and never a rule.
"""

import argparse
import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ..delivery.held import HeldKey

ANY = "*"
ENVIRONMENT, ORIGINS = "FLAGFORGE_RELAY_PUBLIC", "FLAGFORGE_RELAY_ORIGINS"


class Public:
    """`environment` is an id, or `organization/project/environment`; no `origins` means pages of any."""

    def __init__(self, environment: str, origins: frozenset[str]) -> None:
        self.environment, self.origins = environment, origins

    def key_in(self, environments: Mapping[str, Mapping[str, Any]]) -> HeldKey | None:
        """What stands for the key of whoever has none; None while the environment is not among those that were told."""
        for environment_id, told in environments.items():
            names = (told["organization"], told["project"], told["key"])
            if self.environment in (environment_id, "/".join(map(str, names))):
                return self._key(environment_id, names)
        return None

    def _key(self, environment_id: str, names: tuple[str, str, str]) -> HeldKey:
        # The same at every relay, so that a token of one opens a stream at the next. It needs to be no secret: it opens no
        # more than is open anyway.
        stand_in = hashlib.sha256(f"public {environment_id}".encode()).hexdigest()
        return HeldKey(stand_in, stand_in, "client", names[0], names[1], environment_id, names[2], None, self.origins)


def add_options(parser: argparse.ArgumentParser, environ: Mapping[str, str]) -> None:
    parser.add_argument(
        "--public",
        metavar="ENVIRONMENT",
        default=environ.get(ENVIRONMENT) or None,
        help=f"{ENVIRONMENT}: serve the client-visible values of this environment (its id, or organization/project/environment)"
        " to callers without a key",
    )
    parser.add_argument(
        "--origin",
        action="append",
        metavar="ORIGIN",
        default=[each.strip() for each in environ.get(ORIGINS, "").split(",") if each.strip()],
        help=f"{ORIGINS}, with commas: whose pages may ask without a key, as https://shop.example; * for pages of any",
    )


def public_of(given: argparse.Namespace, parser: argparse.ArgumentParser) -> Public | None:
    """What the options say; ends the program where they say half of it."""
    if not given.public:
        if given.origin:
            parser.error("--origin says who may ask without a key: give --public too, or leave it out")
        return None
    if not given.origin:
        parser.error(f"--public needs --origin: whose pages may ask, one each time; --origin '{ANY}' for pages of any")
    for origin in given.origin:
        if origin != ANY and not is_origin(origin):
            parser.error(f'--origin {origin}: write it as browsers send it, "https://shop.example" or with a port')
    return Public(given.public, frozenset() if ANY in given.origin else frozenset(given.origin))


def is_origin(text: str) -> bool:
    """scheme://host[:port], lower-case and without anything after it: what an Origin header holds."""
    try:
        parts = urlsplit(text)
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        return False
    host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
    return bool(host) and parts.scheme in ("http", "https") and text == f"{parts.scheme}://{host}{port}"
