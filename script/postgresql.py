"""A private PostgreSQL: where its programs lie, and a fresh one on a free port."""

import os
import shutil
import signal
from pathlib import Path

from script.places import HOST, RefusedError, free_port
from script.processes import Program
from script.supervisor import Supervisor

ROLE = "flagforge"
READY_TIMEOUT = 60.0
INITDB = ("-U", "postgres", "-A", "trust", "--no-sync", "--encoding", "UTF8", "--locale", "C.UTF-8")
SETTINGS = {
    # Nothing here outlives the run, so nothing needs to reach the disk.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    # What tests provoke is not news, and every restart of a session would be.
    "log_min_messages": "panic",
}


def find_binaries() -> Path:
    """The folder with initdb and postgres, of the newest version; Debian keeps it off the PATH."""
    folders = [folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if (folder / "initdb").exists()]
    if folders:
        return max(folders, key=lambda folder: int(folder.parent.name))
    if initdb := shutil.which("initdb"):
        return Path(initdb).resolve().parent
    raise RefusedError("There is no PostgreSQL server here. On Debian or Ubuntu: apt-get install postgresql")


def start_postgresql(supervisor: Supervisor, folder: Path) -> str:
    """Start one with its data below the folder, and return its URL.

    Its role is no superuser, as in production: row-level security does not hold for one.
    """
    binaries, data, user, port = find_binaries(), folder / "postgresql", _server_user(), free_port()
    data.mkdir(mode=0o700)
    if user:
        shutil.chown(data, user)
    supervisor.run(_quiet("initdb", data, binaries, "-D", str(data), *INITDB, user=user))
    supervisor.start(_server(binaries, data, port, user))
    login = ("-h", HOST, "-p", str(port), "-U", "postgres")
    supervisor.run_until_it_works(_quiet("pg_isready", folder, binaries, *login), timeout=READY_TIMEOUT)
    for statement in (f"CREATE ROLE {ROLE} LOGIN CREATEDB", f"CREATE DATABASE {ROLE} OWNER {ROLE}"):
        supervisor.run(_quiet("psql", folder, binaries, *login, "--no-psqlrc", "-d", "postgres", "-c", statement))
    return f"postgresql://{ROLE}@{HOST}:{port}/{ROLE}"


def _server(binaries: Path, data: Path, port: int, user: str | None) -> Program:
    settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    command = [str(binaries / "postgres"), "-D", str(data), "-p", str(port), *settings]
    # SIGINT ends the sessions and stops; SIGTERM would wait for them.
    return Program("postgresql", command, user=user, folder=data, stop_signal=signal.SIGINT)


def _quiet(name: str, folder: Path, binaries: Path, *arguments: str, user: str | None = None) -> Program:
    """One of PostgreSQL's tools, heard of only when it fails."""
    return Program(
        name, ["sh", "-c", 'exec "$@" >/dev/null', "sh", str(binaries / name), *arguments], user=user, folder=folder
    )


def _server_user() -> str | None:
    """PostgreSQL refuses to run as root; Debian's package brings this user."""
    return "postgres" if os.geteuid() == 0 else None
