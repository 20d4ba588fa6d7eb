"""What each release answered, read from the end of nginx's access log as it grows."""

import json
from collections.abc import Iterator
from pathlib import Path

FAILED = 500


class Log:
    """The log of deploy/nginx/nginx.conf. One that was moved away (logrotate) is followed in its new file."""

    def __init__(self, path: Path) -> None:
        """Raises OSError where there is none."""
        self.path = path
        self._file, self._rest = path.open("rb"), b""
        self._file.seek(0, 2)

    def news(self, addresses: frozenset[str]) -> Iterator[bool]:
        """Of each answer that came from one of these, whether it was one; those that nginx mended elsewhere count too."""
        for line in self._lines():
            for address, status in _tries(line):
                if address in addresses:
                    yield status.isdigit() and int(status) < FAILED

    def _lines(self) -> Iterator[bytes]:
        whole = self._rest + self._file.read()
        *lines, self._rest = whole.split(b"\n")
        yield from lines
        if self.path.exists() and not self.path.samefile(f"/proc/self/fd/{self._file.fileno()}"):
            self._file.close()
            self._file, self._rest = self.path.open("rb"), b""


def _tries(line: bytes) -> Iterator[tuple[str, str]]:
    """Who was asked, one after the other, and what each said."""
    try:
        entry = json.loads(line)
    except ValueError:
        return
    addresses, statuses = (str(entry.get(name, "")) for name in ("upstream", "upstream_status"))
    yield from zip(_listed(addresses), _listed(statuses), strict=False)


def _listed(text: str) -> list[str]:
    return [word.strip() for word in text.replace(" : ", ", ").split(",")]
