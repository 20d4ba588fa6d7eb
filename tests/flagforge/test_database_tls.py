"""`sslmode=verify-full` in DATABASE_URL, for real: a PostgreSQL that proves itself is used, and no other."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from django.db.utils import ConnectionHandler

from flagforge.settings import env
from tests.certificates import Authority

pytestmark = pytest.mark.postgresql
Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def authority() -> Iterator[Authority]:
    """The lane's PostgreSQL has a certificate of it for `localhost`, as long as the module runs."""
    place = connection.settings_dict
    try:
        superuser = psycopg.connect(f"postgresql://postgres@{place['HOST']}:{place['PORT']}/postgres", autocommit=True)
    except psycopg.OperationalError:
        pytest.skip("TEST_DATABASE_URL names a server that lets nobody in as postgres")
    with superuser:
        folder = Path(superuser.execute("SHOW data_directory").fetchone()[0])  # type: ignore[index]  # there is a row
        if not folder.is_dir():
            pytest.skip("TEST_DATABASE_URL names a server on another machine")
        below = folder / "tls"
        below.mkdir()
        authority = Authority(below)
        certificate, key = authority.certify("localhost")
        for path in (below, certificate, key):
            shutil.chown(path, folder.owner(), folder.group())
        try:
            for name, value in (("ssl_cert_file", certificate), ("ssl_key_file", key), ("ssl", "on")):
                superuser.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            superuser.execute("SELECT pg_reload_conf()")
            yield authority
        finally:
            superuser.execute("ALTER SYSTEM RESET ALL")
            superuser.execute("SELECT pg_reload_conf()")


@pytest.fixture
def ask(authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, django_db_blocker: Any) -> Ask:
    """Connects as Django does with this DATABASE_URL; whether the connection is encrypted."""

    def asked(host: str, query: str) -> Any:
        place = connection.settings_dict
        monkeypatch.setenv("DATABASE_URL", f"postgresql://postgres@{host}:{place['PORT']}/postgres?{query}")
        opened = ConnectionHandler({"default": env.database(tmp_path)})["default"]
        try:
            with django_db_blocker.unblock(), opened.cursor() as cursor:
                cursor.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
                return cursor.fetchone()[0]
        finally:
            opened.close()

    return asked


def test_a_server_that_proves_itself_is_used_encrypted(ask: Ask, authority: Authority) -> None:
    assert ask("localhost", f"sslmode=verify-full&sslrootcert={authority.file}") is True


def test_a_server_of_another_authority_is_refused(ask: Ask, tmp_path: Path) -> None:
    other = Authority(tmp_path, "Somebody else")

    with pytest.raises(OperationalError, match="certificate verify failed"):
        ask("localhost", f"sslmode=verify-full&sslrootcert={other.file}")


def test_a_server_by_another_name_is_refused(ask: Ask, authority: Authority) -> None:
    with pytest.raises(OperationalError, match="does not match host name"):
        ask("127.0.0.1", f"sslmode=verify-full&sslrootcert={authority.file}")


def test_without_an_authority_nobody_is_believed(ask: Ask, tmp_path: Path) -> None:
    with pytest.raises(OperationalError, match="root certificate file"):
        ask("localhost", f"sslmode=verify-full&sslrootcert={tmp_path / 'none.pem'}")
