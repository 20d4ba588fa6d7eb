"""Everything in order: what cannot be looked at because of something else is left out, and nothing ends the examination."""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence

from flagforge.doctor.findings import Finding, as_json, as_table, fault, has_fault, without
from flagforge.doctor.variables import BASE, Environment

Look = Callable[[], Iterable[Finding]]


def examine() -> list[Finding]:
    environment = Environment()
    with environment.spare:
        found = [*_before_django(environment), *_with_django(environment)]
        secrets = environment.secrets | _kept_secrets()
    return [without(secrets, finding) for finding in found]


def _before_django(environment: Environment) -> Iterator[Finding]:
    from flagforge.doctor import machine

    looks: list[Look] = [
        *(machine.python, machine.packages),
        *(environment.names, environment.values, environment.production, environment.hosts),
    ]
    for look in looks:
        yield from _looked(look)


def _with_django(environment: Environment) -> Iterator[Finding]:
    import django

    environment.choose_settings()
    logging.disable(logging.CRITICAL)  # what is wrong stands in the table
    try:
        django.setup()
    except Exception as error:  # whatever a setting breaks
        yield fault("settings", f"They do not load ({type(error).__name__}: {error}).", "Correct what is named above.")
        return
    for look in _looks(environment.refused):
        yield from _looked(look)


def _looks(refused: set[str]) -> Iterator[Look]:
    from flagforge.doctor import machine, reaching, redis_server

    if "FLAGFORGE_DATA" not in refused:
        yield from (machine.data_folder, machine.disk)
    yield from (machine.open_files, machine.static_files)
    if not refused & {"STORAGE_URL", "FLAGFORGE_CHECKPOINTS"}:
        yield machine.storage
    if "DATABASE_URL" not in refused:
        yield lambda: _of_database(refused)
    if not refused & {"REDIS_URL", "FLAGFORGE_REDIS_CA_FILE"}:
        yield redis_server.redis_server
    if "EMAIL_URL" not in refused:
        yield reaching.mail_server
    yield reaching.collector
    if "FLAGFORGE_PUBLIC_URL" not in refused:
        yield from (reaching.public_address, reaching.certificate)


def _of_database(refused: set[str]) -> Iterator[Finding]:
    """Whatever is asked of tables is asked only where these are there."""
    from flagforge.doctor import database, running, sealed

    looks: list[Look] = [database.rights, database.second_wall, database.clock, running.processes, running.relays]
    looks.append(running.queues)
    if not refused & {"FLAGFORGE_ENVELOPE_KEY", "FLAGFORGE_ENVELOPE_KEY_FILE", "FLAGFORGE_DATA"}:
        looks += [sealed.envelope_keys, sealed.signing_keys, sealed.audit_chains]
    try:
        yield from database.answers()
    except database.OutOfReach:
        return
    behind = list(_looked(database.migrations))
    yield from behind
    if not has_fault(behind):
        for look in looks:
            yield from _looked(look)


def _looked(look: Look) -> Iterator[Finding]:
    try:
        yield from look()
    except Exception as error:  # one thing that cannot be looked at must not hide the others
        name = getattr(look, "__name__", "").replace("_", " ")
        yield fault(
            name, f"It cannot be looked at ({type(error).__name__}: {error}).", "Mend what is named beside it first."
        )


def _kept_secrets() -> set[str]:
    """Those that this process made or read itself."""
    try:
        from django.conf import settings

        return {settings.SECRET_KEY, settings.EMAIL_HOST_PASSWORD or settings.SECRET_KEY}
    except Exception:  # no settings, no secrets
        return set()


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 1 where anything is a fault."""
    parser = argparse.ArgumentParser(
        prog="manage.py doctor",
        description="Look at everything, and say how to mend what is wrong. See docs/doctor.md.",
    )
    parser.add_argument("--json", action="store_true", help="print a JSON object instead of a table")
    given = parser.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", BASE)
    found = examine()
    sys.stdout.write(f"{as_json(found) if given.json else as_table(found)}\n")
    return int(has_fault(found))
