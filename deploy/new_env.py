"""A fresh `.env` for deploy/compose.yaml: every secret that the example leaves empty, made up; needs nothing but Python.

python3 deploy/new_env.py flags.example.com > deploy/.env
"""

import base64
import secrets
import string
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from zlib import crc32

EXAMPLE = Path(__file__).with_name(".env.example")
DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase


def relay_key() -> str:
    """As tenants/keys.py makes one: its last six letters are the CRC-32 of the others, to the base 62."""
    body = f"ff_relay_{secrets.token_urlsafe(32)}"
    rest = crc32(body.encode())
    return body + "".join(DIGITS[rest // 62**place % 62] for place in range(5, -1, -1))


def envelope_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


MAKERS: Mapping[str, Callable[[], str]] = {
    "FLAGFORGE_RELAY_KEY": relay_key,
    "FLAGFORGE_ENVELOPE_KEY": envelope_key,
}


def filled(line: str, host: str) -> str:
    name, equals, value = line.partition("=")
    if not equals or line.startswith("#"):
        return line
    if name == "FLAGFORGE_HOST":
        return f"{name}={host}"
    # Letters that a URL takes as they are, since most passwords stand in one.
    return line if value else f"{name}={MAKERS.get(name, lambda: secrets.token_hex(24))()}"


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("The host name that people will use is missing: python3 deploy/new_env.py flags.example.com")
    print("\n".join(filled(line, sys.argv[1]) for line in EXAMPLE.read_text().splitlines()))


if __name__ == "__main__":
    main()
