"""Typed readers of the environment that refuse nonsense loudly."""

import base64
import contextlib
import ipaddress
import os
import secrets
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

MAIL_PORTS = {"smtp": 25, "smtps": 465, "smtp+tls": 587}
TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def flag(name: str, default: bool = False) -> bool:
    word = os.environ.get(name, str(default)).strip().lower()
    if word not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name}={word!r} is neither yes nor no; write 1 or 0.")
    return word in TRUE


def number(name: str, default: int, *, at_least: int = 0, at_most: int = 2**31) -> int:
    word = text(name) or str(default)
    if not word.isascii() or not word.isdigit() or not at_least <= int(word) <= at_most:
        raise ImproperlyConfigured(f"{name}={word!r} is not a whole number from {at_least} to {at_most}.")
    return int(word)


def choice(name: str, default: str, allowed: Iterable[str]) -> str:
    """One of these words, whatever the case in which it is given."""
    word = (text(name) or default).upper()
    if word not in allowed:
        raise ImproperlyConfigured(f"{name}={word!r} is none of {', '.join(allowed)}.")
    return word


def numbers(name: str, defaults: dict[str, int]) -> dict[str, int]:
    """The defaults, with those replaced that a list like `flags_per_project=500,members=50` names."""
    found = dict(defaults)
    for word in words(name):
        key, _, value = word.partition("=")
        if key not in defaults or not value.isascii() or not value.isdigit() or int(value) > 2**31:
            raise ImproperlyConfigured(f"{name}: {word!r} is none of {', '.join(defaults)} with =, and a whole number.")
        found[key] = int(value)
    return found


def port(name: str, default: int) -> int:
    return number(name, default, at_least=1, at_most=65535)


def words(name: str) -> list[str]:
    """A comma-separated list; empty when the variable is missing."""
    return [word.strip() for word in os.environ.get(name, "").split(",") if word.strip()]


def networks(name: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """A comma-separated list, as in `10.0.0.0/8,fd00::/8`; a single address is a network too."""
    try:
        return tuple(ipaddress.ip_network(word) for word in words(name))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}; write networks, as in 10.1.0.0/16,fd00::/8.") from None


def profile_token() -> str:
    """What opens a profile of a running process; "" where nobody may."""
    token = text("FLAGFORGE_PROFILE_TOKEN")
    if token and len(token) < 16:
        raise ImproperlyConfigured(
            "FLAGFORGE_PROFILE_TOKEN must have at least 16 characters, as of: openssl rand -hex 32"
        )
    return token


def url(name: str, schemes: set[str]) -> str:
    """An URL of one of the schemes, or "" when the variable is missing or empty."""
    value = text(name)
    if value and _scheme_of(value) not in schemes:
        allowed = ", ".join(f"{scheme}://" for scheme in sorted(schemes))
        raise ImproperlyConfigured(f"{name} must be an URL that starts with one of {allowed} and has a sane port.")
    return value


def redis_tls(url: str) -> dict[str, Any]:
    """How a `rediss://` server proves itself: by a certificate for its host, from the authorities of `FLAGFORGE_REDIS_CA_FILE`
    or, without one, those of this machine. Empty for other URLs.
    """
    ca_file = file("FLAGFORGE_REDIS_CA_FILE")
    if not url.startswith("rediss://"):
        if ca_file:
            raise ImproperlyConfigured("FLAGFORGE_REDIS_CA_FILE is for a REDIS_URL that begins with rediss://.")
        return {}
    proof = {"ssl_cert_reqs": "required", "ssl_check_hostname": True}
    return {**proof, "ssl_ca_certs": ca_file} if ca_file else proof


@dataclass(frozen=True, slots=True)
class MailServer:
    host: str = "localhost"
    port: int = 25
    user: str = ""
    password: str = ""
    has_ssl: bool = False
    has_tls: bool = False


def mail_server(url: str) -> MailServer:
    """The parts of `smtp+tls://user:password@host:587`; Django's own defaults for ""."""
    if not url:
        return MailServer()
    parts = urlsplit(url)
    return MailServer(
        host=parts.hostname or "localhost",
        port=parts.port or MAIL_PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        has_ssl=parts.scheme == "smtps",
        has_tls=parts.scheme == "smtp+tls",
    )


def sign_in_providers() -> dict[str, Any]:
    """allauth's settings for the ways to sign in that are given: each has a client id and a secret, or neither."""
    found: dict[str, Any] = {}
    if app := _client("FLAGFORGE_GOOGLE_CLIENT_ID", "FLAGFORGE_GOOGLE_SECRET"):
        found["google"] = {"APPS": [app], "SCOPE": ["profile", "email"], "OAUTH_PKCE_ENABLED": True}
    if app := _client("FLAGFORGE_GITHUB_CLIENT_ID", "FLAGFORGE_GITHUB_SECRET"):
        found["github"] = {"APPS": [app], "SCOPE": ["user:email"]}
    if app := _client("FLAGFORGE_OIDC_CLIENT_ID", "FLAGFORGE_OIDC_SECRET", also="FLAGFORGE_OIDC_URL"):
        company = {
            **app,
            "provider_id": "company",
            "name": text("FLAGFORGE_OIDC_NAME", "your company"),
            "settings": {"server_url": _issuer("FLAGFORGE_OIDC_URL")},
        }
        found["openid_connect"] = {"APPS": [company], "OAUTH_PKCE_ENABLED": True}
    return found


def _client(client_id: str, secret: str, *, also: str = "") -> dict[str, str] | None:
    """What the two variables hold; None when neither is there. Either without the other is a mistake."""
    needed = [name for name in (client_id, secret, also) if name]
    missing = [name for name in needed if not text(name)]
    if missing and len(missing) < len(needed):
        raise ImproperlyConfigured(f"{', '.join(missing)} is missing: {' and '.join(needed)} belong together.")
    return None if missing else {"client_id": text(client_id), "secret": text(secret)}


def _issuer(name: str) -> str:
    """Over http only where nobody is between: on this machine."""
    issuer = url(name, {"http", "https"})
    parts = urlsplit(issuer)
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise ImproperlyConfigured(f"{name} must begin with https://; http:// is for this machine alone.")
    return issuer


def _scheme_of(value: str) -> str | None:
    """None when it cannot be read. No message quotes the value, which may hold a password."""
    try:
        parts = urlsplit(value)
        return parts.scheme if parts.port is None or parts.port else None
    except ValueError:
        return None


def folder(name: str, default: Path) -> Path:
    """A private folder that exists from now on."""
    path = Path(text(name) or default).resolve()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"{name}: {path} cannot be made or is no folder ({error.strerror}).") from error
    return path


def file(name: str) -> str:
    """The path of a file that is there; "" when the variable is missing."""
    path = text(name)
    if path and not Path(path).is_file():
        raise ImproperlyConfigured(f"{name}: there is no file {path}.")
    return path


def secret_key(data: Path) -> str:
    """`FLAGFORGE_SECRET_KEY`, or one made once and kept in the data folder."""
    if given := text("FLAGFORGE_SECRET_KEY"):
        if len(given) < 32:
            raise ImproperlyConfigured("FLAGFORGE_SECRET_KEY must have at least 32 characters.")
        return given
    path = data / "secret_key"
    kept = _kept(path, secrets.token_urlsafe(48))
    if len(kept) < 32:
        raise ImproperlyConfigured(f"{path} is damaged; remove it to have a new one made (signed sessions end).")
    return kept


def envelope_keys(data: Path) -> tuple[bytes, ...]:
    """Of 32 bytes each: the first seals what is kept secret in the database, and all open it.

    From `FLAGFORGE_ENVELOPE_KEY`, with commas between them, or the lines of the file that `FLAGFORGE_ENVELOPE_KEY_FILE`
    names; otherwise one is made once and kept in the data folder.
    """
    given, path = text("FLAGFORGE_ENVELOPE_KEY"), text("FLAGFORGE_ENVELOPE_KEY_FILE")
    if given and path:
        raise ImproperlyConfigured(
            "FLAGFORGE_ENVELOPE_KEY and FLAGFORGE_ENVELOPE_KEY_FILE are two ways to say one thing."
        )
    if given:
        return _envelope_keys(given.split(","), "FLAGFORGE_ENVELOPE_KEY")
    kept = Path(path) if path else data / "envelope_key"
    written = _given(kept, "FLAGFORGE_ENVELOPE_KEY_FILE") if path else _kept(kept, _fresh_envelope_key())
    return _envelope_keys(written.split(), str(kept))


def backup_keys() -> tuple[bytes, ...]:
    """Of 32 bytes each: the first encrypts backups, and all open them. None: envelope keys do that as well."""
    given = text("FLAGFORGE_BACKUP_KEY")
    return _envelope_keys(given.split(","), "FLAGFORGE_BACKUP_KEY") if given else ()


def _envelope_keys(written: Iterable[str], where: str) -> tuple[bytes, ...]:
    keys = tuple(_bytes_of(word.strip()) for word in written)
    if not keys or any(len(key) != 32 for key in keys):
        raise ImproperlyConfigured(f"{where} must be 32 bytes in base64: `openssl rand -base64 32` makes such a key.")
    return keys


def _bytes_of(written: str) -> bytes:
    """Of base64 in either alphabet; b"" for anything else."""
    try:
        return base64.b64decode(written.replace("-", "+").replace("_", "/"), validate=True)
    except ValueError:
        return b""


def _fresh_envelope_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _given(path: Path, name: str) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        raise ImproperlyConfigured(f"{name}: {path} cannot be read.") from None


def _kept(path: Path, fresh: str) -> str:
    """What the file holds; a new file gets what is fresh."""
    if not path.exists():
        _make_once(path, fresh)
    return path.read_text().strip()


def _make_once(path: Path, content: str) -> None:
    """Written aside and then linked: of two processes that start together both read the whole key of the first."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".secret-") as file:  # 0600 from birth
        file.write(content)
        file.flush()
        with contextlib.suppress(FileExistsError):
            os.link(file.name, path)


SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;",
}
# A connection whose other end vanished without a word is noticed after 25 seconds, also while nothing is asked.
POSTGRESQL_OPTIONS = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
# Making a connection takes longer than most requests: every thread keeps its own, and looks whether that still works.
POSTGRESQL_KEPT = {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}


def database(data: Path) -> dict[str, Any]:
    """The `default` entry of DATABASES from `DATABASE_URL`; an SQLite file in the data folder without it."""
    schemes = {"sqlite", "postgres", "postgresql"}
    return database_at(url("DATABASE_URL", schemes) or f"sqlite:///{data / 'flagforge.sqlite3'}")


def database_at(given: str) -> dict[str, Any]:
    """The same for an URL of one of those schemes."""
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(given))
    except ValueError:  # its text may hold the password
        raise ImproperlyConfigured(
            "DATABASE_URL cannot be read; write postgresql://user:password@host:5432/name."
        ) from None
    if config["ENGINE"].endswith("sqlite3"):
        config["OPTIONS"] = {**SQLITE_OPTIONS}
    else:
        config["ENGINE"] = "flagforge.postgresql"
        config["OPTIONS"] = {**POSTGRESQL_OPTIONS, **config.get("OPTIONS", {})}
        config["DISABLE_SERVER_SIDE_CURSORS"] = True
        config |= POSTGRESQL_KEPT
    return config
