"""Django's PostgreSQL: one that has gone silent is out of reach, as one that refuses connections is; nothing is compiled; and
every statement says which organizations it is for."""

import re
import time
from collections.abc import Generator, Iterable
from types import SimpleNamespace
from typing import Any, Self, TypeVar

import psycopg
from django.db import NotSupportedError
from django.db.backends.postgresql import base, operations
from psycopg import sql
from psycopg.abc import PQGen

from tenants import realm

# A statement may be slow, or wait for a lock. After this time without a word it is asked whether anybody is there at all.
SILENT_SECONDS = 4.0
# So long may the answer to that take; libpq waits at least two seconds.
PROBE_SECONDS = 2
Returned = TypeVar("Returned")
# What touches no row, and may not stand beside another statement or in a transaction that failed.
UNTOLD = re.compile(
    r"\s*(ROLLBACK|SAVEPOINT|RELEASE|SET|BEGIN|START|COMMIT|CREATE|ALTER|DROP|VACUUM|REINDEX)\b", re.IGNORECASE
)


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


class Cursor(psycopg.ClientCursor[Any]):
    """Sends which realm is in force in one message with each statement, so it costs no round trip.

    Such a message is one transaction, or part of the one that is open, and what it sets ends with that: it outlives no
    savepoint that failed and no change of hands in a pool, and need not, since the next statement says it again.
    """

    told = ""

    def execute(self, query: Any, params: Any = None, **how: Any) -> Self:
        self.told, asked = "", realm.current()
        if isinstance(query, str) and UNTOLD.match(query):
            return super().execute(query, params, **how)
        self.told = f"{asked.statement()}; "
        super().execute(self.told + query if isinstance(query, str) else sql.SQL(self.told) + query, params, **how)
        if asked.lookups:
            realm.keep(asked, *self.fetchall()[0])
        self.nextset()  # the first answer is that of our own statement
        return self

    def executemany(self, query: Any, params_seq: Iterable[Any], *, returning: bool = False) -> None:
        """One by one: psycopg's own way is a pipeline, in which a message holds one statement only."""
        count = 0
        for params in params_seq:
            count += self.execute(query, params).rowcount
        self._rowcount = count


class DatabaseOperations(operations.DatabaseOperations):
    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        said: str = super().last_executed_query(cursor, sql, params) or ""
        return said.removeprefix(cursor.told)


class DatabaseWrapper(base.DatabaseWrapper):
    # Django opens connections by this name.
    Database = SimpleNamespace(  # type: ignore[assignment]  # all that a module is to Django: names
        **{**vars(psycopg), "connect": Connection.connect}
    )

    ops_class = DatabaseOperations

    def get_connection_params(self) -> dict[str, Any]:
        return {**super().get_connection_params(), "cursor_factory": Cursor}

    def create_cursor(self, name: str | None = None) -> Any:
        if name:
            raise NotSupportedError("a cursor of the server's is asked without a realm: DISABLE_SERVER_SIDE_CURSORS")
        return super().create_cursor()

    def _configure_connection(self, connection: Connection) -> bool:
        """Questions here are small. Where the planner thinks otherwise, compiling one takes longer than answering it:
        a list of a thousand flags that nobody had analyzed took 12 seconds. A parameter of the login would do as well, but
        poolers refuse it."""
        super()._configure_connection(connection)  # type: ignore[misc]  # the stubs leave it out
        connection.execute("SET jit = off")
        return True
