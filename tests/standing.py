"""What all tests of a module start from, made once: each of them gives back what it changed.

Around the module lies a transaction; inside of it that of a test is a savepoint, to which the database returns.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from tenants.models import Environment, Organization, Project, User


@dataclass
class Ground:
    """Acme, which Alice owns and of which Ada is an admin, with its shop. Production is protected."""

    alice: User
    ada: User
    acme: Organization
    shop: Project
    development: Environment
    production: Environment


@contextmanager
def standing_ground(blocker: Any) -> Iterator[None]:
    """What is made inside stands until it ends, and then is gone. `blocker` is pytest-django's."""
    with blocker.unblock(), _kept_open(), transaction.atomic():
        _laid.append(None)
        yield
        _laid.pop()
        transaction.set_rollback(True)


def is_laid() -> bool:
    """Whether tests begin with something in their database."""
    return bool(_laid)


_laid: list[None] = []


@contextmanager
def _kept_open() -> Iterator[None]:
    """Django's test case closes its connection, which is needed for longer here."""
    close, connection.close = connection.close, lambda: None  # type: ignore[method-assign]
    try:
        yield
    finally:
        connection.close = close  # type: ignore[method-assign]
