"""Where the server of this clone listens and keeps its data, read from the environment and refused loudly."""

import errno
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"


class RefusedError(Exception):
    """What the user has set, or what is on the machine, does not allow a start; the message says what would."""


@dataclass(frozen=True)
class Places:
    bind: str
    port: int
    relay_port: int
    data: Path

    @property
    def url(self) -> str:
        """As seen from this machine."""
        return self._url(self.port)

    @property
    def relay_url(self) -> str:
        return self._url(self.relay_port)

    def _url(self, port: int) -> str:
        host = {"0.0.0.0": HOST, "::": "::1"}.get(self.bind, self.bind)  # noqa: S104  (asked, not bound)
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    @property
    def keys_file(self) -> Path:
        return self.data / "keys.json"

    def environment(self) -> dict[str, str]:
        """The same for the programs that are started, with nothing left to a default."""
        return {
            "FLAGFORGE_BIND": self.bind,
            "FLAGFORGE_PORT": str(self.port),
            "FLAGFORGE_RELAY_PORT": str(self.relay_port),
            "FLAGFORGE_DATA": str(self.data),
        }


def read_places(environ: Mapping[str, str]) -> Places:
    port, relay_port = _port(environ, "FLAGFORGE_PORT", 8000), _port(environ, "FLAGFORGE_RELAY_PORT", 8100)
    if port == relay_port:
        raise RefusedError(f"FLAGFORGE_PORT and FLAGFORGE_RELAY_PORT are both {port}; they must differ.")
    return Places(
        environ.get("FLAGFORGE_BIND") or HOST,
        port,
        relay_port,
        Path(environ.get("FLAGFORGE_DATA") or "var").expanduser().resolve(),
    )


def _port(environ: Mapping[str, str], variable: str, default: int) -> int:
    text = environ.get(variable) or str(default)
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise RefusedError(f'{variable} is "{text}"; allowed: a port number from 1 to 65535.')
    return int(text)


def make_data_folder(data: Path) -> None:
    """A new one is for its owner only. An existing one keeps its rights, since it may be a mounted volume."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise RefusedError(f"FLAGFORGE_DATA: cannot make the folder {data}: {error.strerror}.") from error


def require_free(bind: str, variable: str, port: int) -> None:
    """Refuse a port that cannot be listened on, with the variable that would move it."""
    with socket.socket(socket.AF_INET6 if ":" in bind else socket.AF_INET) as candidate:
        # Connections of a server that just stopped may linger; a listening one still makes bind fail.
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((bind, port))
        except PermissionError:
            raise RefusedError(
                f"{variable}: this user may not listen on port {port}; 1024 and above are free to all."
            ) from None
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise RefusedError(f'FLAGFORGE_BIND: cannot listen on "{bind}": {error.strerror}.') from None
            another = port + 1 if port < 65535 else 8001
            raise RefusedError(
                f"Port {port} is taken by another program. Stop that, or choose a free port: {variable}={another} script/server"
            ) from None


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
