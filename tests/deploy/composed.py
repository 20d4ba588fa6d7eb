"""deploy/compose.yaml without an engine: the very commands and health checks of its containers, as processes of this machine.

What stands for the world of a container: names of hosts become ports of this one, /data a folder of each process.
"""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import psycopg

from script.places import HOST, free_port
from tests.deploy.files import DEPLOY, ROOT, WHOLE, Service, compose, fresh_env, stages
from tests.deploy.nginx import HOST_NAME
from tests.journeys.faults.installation import Running, until
from tests.journeys.faults.servers import PostgreSQL

SECONDS, CHECK_SECONDS = 60, 10


def image_environment() -> dict[str, str]:
    """What the image's stages set, the last one's last."""
    lines = [rest for name in ("python", "base", "flagforge") for word, rest in stages()[name] if word == "ENV"]
    return dict(pair.split("=", 1) for line in lines for pair in line.split())


class Composed:
    """Everything that the compose file starts before its own processes is there; those are started by name.

    Without a database of its own (`has_database`) there is an empty file, and nobody to migrate it.
    """

    def __init__(self, folder: Path, *, has_database: bool = True) -> None:
        self.folder, self.env = folder, fresh_env()
        self.postgresql: PostgreSQL | None = None
        self.has_database = has_database
        self.services: dict[str, Service] = compose(WHOLE, self.env)["services"]
        self.stack = ExitStack()
        self.hosts: dict[str, str] = {}
        try:
            self._begin()
        except BaseException:
            self.stack.close()
            raise

    def _begin(self) -> None:
        self.hosts["redis:6379"] = f"{HOST}:{self._redis()}"
        if not self.has_database:
            return
        self.postgresql = self._postgresql()
        self.hosts["postgresql:5432"] = f"{HOST}:{self.postgresql.port}"
        collecting = self._collect_static()
        self.run("migrate")
        assert collecting.wait(SECONDS * 2) == 0

    def run(self, service: str, *command: str) -> str:
        """The service's command, or another in its place, to its end."""
        program = self._program(service, service, command or self.command(service))
        done = subprocess.run(program.command, env=program.environment, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, service: str, name: str = "") -> Running:
        """One container more; `ready` waits for it."""
        program = self._program(service, name or service, self.command(service))
        self.stack.callback(_end, program)
        program.start()
        if service == "stream":  # where relays that are started from now on find it
            self.hosts.setdefault("stream:8000", program.url.removeprefix("http://"))
        return program

    def ready(self, service: str, *programs: Running) -> None:
        for program in programs:
            until(lambda program=program: self.is_healthy(service, program), SECONDS * 2, why=program.said)  # type: ignore[misc]

    def is_healthy(self, service: str, program: Running) -> bool:
        """What its health check says."""
        assert program.is_running, program.said()
        words = [self._here(word, program) for word in self._health_check(service)]
        try:
            done = subprocess.run(words, env=program.environment, cwd=ROOT, capture_output=True, timeout=CHECK_SECONDS)
        except subprocess.TimeoutExpired:  # as engines do
            return False
        return done.returncode == 0

    def command(self, service: str) -> list[str]:
        """In the compose file, or else in the image."""
        found: list[str] = self.services[service].get("command") or _listed(dict(stages()["flagforge"])["CMD"])
        return found

    def _health_check(self, service: str) -> list[str]:
        given = self.services[service].get("healthcheck", {}).get("test")
        return given[1:] if given else _listed(dict(stages()["flagforge"])["HEALTHCHECK"].partition(" CMD ")[2])

    def _program(self, service: str, name: str, command: Sequence[str]) -> Running:
        port, data = free_port(), self.folder / name
        data.mkdir(exist_ok=True)
        given = {**image_environment(), **self.services[service]["environment"]}
        environment = {key: self._at_home(str(value), data) for key, value in given.items()}
        environment |= {"FLAGFORGE_BIND": HOST, "FLAGFORGE_PORT": str(port), "FLAGFORGE_RELAY_PORT": str(port)}
        environment |= {
            "FLAGFORGE_METRICS_PORT": str(free_port()),
            "FORWARDED_ALLOW_IPS": HOST,
            "STORAGE_URL": "",
            **_surroundings(),
        }
        if not self.has_database:
            environment["DATABASE_URL"] = f"sqlite:///{self.folder / 'empty.sqlite3'}"
        words = [self._at_home(word, data) for word in command]
        if service == "worker":  # a container's own name
            words, environment["HOSTNAME"] = [*words, "--hostname", f"celery@{name}"], name
        return Program(name, words, environment, self.folder / f"{name}.log", f"http://{HOST}:{port}")

    def _at_home(self, text: str, data: Path) -> str:
        for name, place in self.hosts.items():
            text = text.replace(name, place)
        text = text.replace("/app/static", str(self.folder / "static")).replace("flags.example.com", HOST_NAME)
        return re.sub(r"^/data", str(data), text)

    def _here(self, word: str, program: Running) -> str:
        word = re.sub(rf"http://{HOST}:\d+", program.url, word)
        return self._at_home(word, self.folder / program.name)

    def _postgresql(self) -> PostgreSQL:
        """With the roles that start.sh makes on an empty server."""
        server = PostgreSQL(self.folder)
        self.stack.callback(server.stop)
        with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as connection:
            connection.execute("DROP DATABASE flagforge")
        environment = {**self.services_environment("postgresql"), "PGHOST": HOST, "PGPORT": str(server.port)}
        environment |= {"ROLES": str(DEPLOY / "postgresql/roles.sql"), **_surroundings(str(server.binaries))}
        subprocess.run(["sh", str(DEPLOY / "postgresql/start.sh")], env=environment, check=True)
        return server

    def _redis(self) -> int:
        port = free_port()
        written = self.folder / "users.acl"
        environment = {**self.services_environment("redis"), "USERS": str(DEPLOY / "redis/users.acl")}
        environment |= {"WRITTEN": str(written), **_surroundings()}
        words = [
            "sh",
            str(DEPLOY / "redis/start.sh"),
            "--port",
            str(port),
            "--bind",
            HOST,
            "--dir",
            str(self.folder),
        ]
        process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL)
        self.stack.callback(process.wait, 20)
        self.stack.callback(process.terminate)  # first
        asks = (
            self.services["redis"]["healthcheck"]["test"][1]
            .replace("$$", "$")
            .replace("redis-cli", f"redis-cli -p {port}")
        )
        until(
            lambda: subprocess.run(["sh", "-c", asks], env=environment, stderr=subprocess.DEVNULL).returncode == 0,
            SECONDS,
        )
        return port

    def _collect_static(self) -> "subprocess.Popen[bytes]":
        """The image's own step, with this Python."""
        (step,) = (rest for word, rest in stages()["collected"] if word == "RUN")
        settings = next(rest for word, rest in stages()["collected"] if word == "ENV")
        environment = dict(pair.split("=", 1) for pair in settings.split()) | _surroundings()
        environment |= {
            "FLAGFORGE_STATIC": str(self.folder / "static"),
            "FLAGFORGE_DATA": str(self.folder / "collecting"),
        }
        step = step.replace("/opt/venv/bin/python", sys.executable)
        return subprocess.Popen(["sh", "-c", step], env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)

    def services_environment(self, service: str) -> dict[str, str]:
        return {name: str(value) for name, value in self.services[service]["environment"].items()}

    def close(self) -> None:
        self.stack.close()


class Program(Running):
    """With the environment of a container: nothing of this process' own."""

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, env=dict(self.environment), cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )


def _end(program: Running) -> None:
    if program.is_running:
        program.kill(signal.SIGTERM)


def _surroundings(*folders: str) -> dict[str, str]:
    return {
        "PATH": ":".join([*folders, str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": os.environ.get("HOME", "/"),
    }


def _listed(text: str) -> list[str]:
    words: list[str] = json.loads(text)
    return words
