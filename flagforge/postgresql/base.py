"""Django's PostgreSQL: one that has gone silent is out of reach, as one that refuses connections is; and nothing is compiled."""

import time
from collections.abc import Generator
from types import SimpleNamespace
from typing import Any, TypeVar

import psycopg
from django.db.backends.postgresql import base
from psycopg.abc import PQGen

# A statement may be slow, or wait for a lock. After this time without a word it is asked whether anybody is there at all.
SILENT_SECONDS = 4.0
# So long may the answer to that take; libpq waits at least two seconds.
PROBE_SECONDS = 2
Returned = TypeVar("Returned")


class Connection(psycopg.Connection[Any]):
    """Neither psycopg nor libpq gives up on a server that accepts and never answers, and no setting makes them.

    TCP does not help: the kernel of a machine whose PostgreSQL hangs goes on to acknowledge, and so does a proxy.
    """

    def wait(self, gen: PQGen[Returned], *arguments: Any, **named: Any) -> Returned:
        return super().wait(self._watched(gen), *arguments, **named)

    def _watched(self, gen: PQGen[Returned]) -> Generator[Any, Any, Returned]:
        """Raises OperationalError when nobody is there any more; psycopg asks ten times a second."""
        try:
            wanted, heard = next(gen), time.monotonic()
            while True:
                ready = yield wanted
                if ready:
                    heard = time.monotonic()
                elif time.monotonic() - heard > SILENT_SECONDS:
                    self._require_an_answer()
                    heard = time.monotonic()
                wanted = gen.send(ready)
        except StopIteration as end:
            returned: Returned = end.value
            return returned

    def _require_an_answer(self) -> None:
        try:
            psycopg.connect(self.info.dsn, password=self.info.password, connect_timeout=PROBE_SECONDS).close()
        except psycopg.OperationalError as error:
            self.pgconn.finish()
            raise psycopg.OperationalError(f"PostgreSQL does not answer any more: {error}") from None


class DatabaseWrapper(base.DatabaseWrapper):
    # Django opens connections by this name.
    Database = SimpleNamespace(  # type: ignore[assignment]  # all that a module is to Django: names
        **{**vars(psycopg), "connect": Connection.connect}
    )

    def _configure_connection(self, connection: Connection) -> bool:
        """Questions here are small. Where the planner thinks otherwise, compiling one takes longer than answering it:
        a list of a thousand flags that nobody had analyzed took 12 seconds. A parameter of the login would do as well, but
        poolers refuse it."""
        super()._configure_connection(connection)  # type: ignore[misc]  # the stubs leave it out
        connection.execute("SET jit = off")
        return True
