"""What a relay is told when it is started, from options and from the environment."""

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..delivery.profiling import VARIABLE, usable
from ..sdk.mirror import Copy
from ..sdk.trusting import trusted
from .anchor import Anchor
from .offline import read_file
from .public import Public, add_options, public_of

KEY_VARIABLE = "FLAGFORGE_RELAY_KEY"
API_KEY = re.compile(r"ff_(client|server|relay)_[A-Za-z0-9_-]{43}(?:[A-Za-z0-9]{6})?")
MOST_PROCESSES = 64


@dataclass(frozen=True, slots=True)
class Options:
    """`api_keys` is the one for upstream; with a `file` those that callers must show."""

    upstream: str
    api_keys: tuple[str, ...]
    host: str
    port: int
    store: Path | None
    file: Path | None
    copy: Copy | None
    anchor: Anchor
    public: Public | None
    processes: int
    reuse_port: bool
    ca_file: Path | None = None
    snapshots: str = ""
    metrics_port: int = 0
    profile_token: str = ""

    @property
    def kind(self) -> str:
        """Of the key for upstream."""
        return self.api_keys[0].split("_")[1]


def read_options(arguments: Sequence[str] | None, environ: Mapping[str, str]) -> Options:
    """Ends the process with words about what is wrong."""
    parser = _parser(environ)
    given = parser.parse_args(arguments)
    try:
        anchor = _anchor(given)
        return Options(
            given.upstream,
            _api_keys(environ, given.file),
            given.host,
            given.port,
            given.store,
            given.file,
            read_file(given.file, given.signature, anchor.believed(b"", {})[1]) if given.file else None,
            anchor,
            public_of(given, parser),
            given.processes,
            given.reuse_port,
            _ca_file(given.ca_file),
            given.snapshots,
            given.metrics_port,
            usable(environ.get(VARIABLE, "").strip()),
        )
    except (OSError, ValueError) as error:
        parser.error(str(error))


def _api_keys(environ: Mapping[str, str], file: Path | None) -> tuple[str, ...]:
    keys = tuple(environ.get(KEY_VARIABLE, "").split())
    wanted, most = (("client", "server"), 2) if file else (("relay", "server"), 1)
    named = " or ".join(f"{kind} key" for kind in wanted)
    if not keys:
        what = f"the {named} that callers must show" if file else f"a {named}"
        raise ValueError(f"set {KEY_VARIABLE} to {what}; it is no option, since every user of a machine sees those")
    if len(keys) > most or any(not API_KEY.fullmatch(key) or key.split("_")[1] not in wanted for key in keys):
        raise ValueError(f"{KEY_VARIABLE} takes at most {most}, each a {named}")
    return keys


def _ca_file(path: Path | None) -> Path | None:
    """Raises ValueError for one that holds no certificate, before anybody connects."""
    if path is not None:
        trusted(path)
    return path


def _anchor(given: argparse.Namespace) -> Anchor:
    if given.file and not given.jwks:
        raise ValueError("--file needs --jwks: without public keys nothing in it can be believed")
    try:
        return Anchor(given.jwks.read_bytes() if given.jwks else b"", frozenset(given.pin))
    except ValueError as error:
        raise ValueError(f"{given.jwks} cannot be used: {error}") from None


def _count(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= MOST_PROCESSES:
        raise argparse.ArgumentTypeError(f"a number from 1 to {MOST_PROCESSES} is wanted")
    return int(text)


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65_535:
        raise argparse.ArgumentTypeError("a port is wanted, or 0")
    return int(text)


def _parser(environ: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="flagforge-relay", description="Serve flags next to applications.")

    def option(name: str, variable: str, default: str | None, words: str, **more: object) -> None:
        said = f"{variable}: {words}" + (" (%(default)s)" if default else "")
        parser.add_argument(name, default=environ.get(variable) or default, help=said, **more)  # type: ignore[arg-type]

    option("--upstream", "FLAGFORGE_RELAY_UPSTREAM", "http://127.0.0.1:8000", "the control plane, or another relay")
    option("--host", "FLAGFORGE_BIND", "127.0.0.1", "where to listen")
    option("--port", "FLAGFORGE_RELAY_PORT", "8100", "the port there", type=int)
    option(
        "--metrics-port",
        "FLAGFORGE_METRICS_PORT",
        "0",
        "where each process alone shows its metrics: the first free port from here on; 0: nowhere",
        type=_port,
    )
    option(
        "--processes",
        "FLAGFORGE_RELAY_PROCESSES",
        "1",
        "so many share the port and one connection upstream",
        type=_count,
    )
    option(
        "--store",
        "FLAGFORGE_RELAY_STORE",
        None,
        "a folder for the last good state, to start from without upstream",
        type=Path,
    )
    option(
        "--snapshots", "FLAGFORGE_RELAY_SNAPSHOTS", "", "signed snapshots to begin with: https://…, s3://… or a folder"
    )
    option(
        "--ca-file", "FLAGFORGE_RELAY_CA_FILE", None, "the only authorities to believe about upstream's host", type=Path
    )
    option("--jwks", "FLAGFORGE_RELAY_JWKS", None, "a file with the only public keys to believe", type=Path)
    option(
        "--pin",
        "FLAGFORGE_RELAY_PIN",
        "",
        "thumbprints (kid) of the only public keys to believe, with commas between them",
        type=lambda text: [kid.strip() for kid in text.split(",") if kid.strip()],
    )
    add_options(parser, environ)
    parser.add_argument("--file", type=Path, help="serve this signed manifest, and follow nobody; needs --jwks")
    parser.add_argument("--signature", default="", help="where FILE is a bare manifest: its FlagForge-Signature")
    parser.add_argument("--reuse-port", action="store_true", help="share the port with other relays on this machine")
    return parser
