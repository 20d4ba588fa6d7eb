"""What the environment may say, and how nonsense is refused."""

import base64
import stat
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from flagforge.settings import env


@pytest.mark.parametrize(
    ("word", "expected"),
    [("1", True), ("TRUE", True), (" yes ", True), ("on", True), ("0", False), ("", False), ("No", False)],
)
def test_flags_read_as_yes_or_no(word: str, expected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", word)

    assert env.flag("X", default=not expected) is expected


def test_a_flag_that_is_neither_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "perhaps")

    with pytest.raises(ImproperlyConfigured, match="X='perhaps' is neither yes nor no"):
        env.flag("X")


@pytest.mark.parametrize("word", ["x", "-1", "1.5", "65536", "0", "٣", "1e3", "²"])
def test_a_port_that_is_none_is_refused(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", word)

    with pytest.raises(ImproperlyConfigured, match="from 1 to 65535"):
        env.port("X", 8000)


def test_an_empty_number_counts_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", " ")

    assert env.port("X", 8000) == 8000


def test_what_is_missing_takes_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("X", raising=False)

    assert env.port("X", 8000) == 8000
    assert env.flag("X") is False
    assert env.text("X", "a") == "a"
    assert env.words("X") == []
    assert env.url("X", {"redis"}) == ""


def test_words_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", " a.example, b.example ,,")

    assert env.words("X") == ["a.example", "b.example"]


def test_an_url_of_another_scheme_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "mysql://root:secret@db/x")

    with pytest.raises(
        ImproperlyConfigured, match="X must be an URL that starts with one of redis://, rediss://"
    ) as caught:
        env.url("X", {"redis", "rediss"})

    assert "secret" not in str(caught.value)


def test_a_folder_is_private_and_exists(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("X", str(tmp_path / "a" / "b"))

    path = env.folder("X", tmp_path)

    assert path.is_dir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("X", str(tmp_path / "file" / "below"))

    with pytest.raises(ImproperlyConfigured, match="file/below cannot be made or is no folder"):
        env.folder("X", tmp_path)


def test_a_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("X", str(tmp_path / "places.mmdb"))

    with pytest.raises(ImproperlyConfigured, match=r"X: there is no file .*places\.mmdb"):
        env.file("X")
    (tmp_path / "places.mmdb").touch()
    assert env.file("X") == str(tmp_path / "places.mmdb")


def test_a_secret_key_is_made_once_and_kept_private(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("FLAGFORGE_SECRET_KEY", raising=False)

    first, second = env.secret_key(tmp_path), env.secret_key(tmp_path)

    assert first == second
    assert len(first) >= 60
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_processes_that_start_together_read_one_secret_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("FLAGFORGE_SECRET_KEY", raising=False)

    for number in range(20):
        data = tmp_path / str(number)
        data.mkdir()
        ready = threading.Barrier(8)

        def read(data: Path = data, ready: threading.Barrier = ready) -> str:
            ready.wait(10)
            return env.secret_key(data)

        with ThreadPoolExecutor(8) as pool:
            keys = {future.result() for future in [pool.submit(read) for _ in range(8)]}
        assert len(keys) == 1


def test_a_damaged_secret_key_is_not_replaced_silently(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("FLAGFORGE_SECRET_KEY", raising=False)
    (tmp_path / "secret_key").write_text("short")

    with pytest.raises(ImproperlyConfigured, match="is damaged; remove it"):
        env.secret_key(tmp_path)


def test_a_given_secret_key_is_taken_when_it_is_long_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FLAGFORGE_SECRET_KEY", "k" * 32)
    assert env.secret_key(tmp_path) == "k" * 32

    monkeypatch.setenv("FLAGFORGE_SECRET_KEY", "k" * 31)
    with pytest.raises(ImproperlyConfigured, match="at least 32"):
        env.secret_key(tmp_path)


def test_without_a_database_url_there_is_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)

    config = env.database(tmp_path)

    assert config["ENGINE"] == "django.db.backends.sqlite3"
    assert config["NAME"] == str(tmp_path / "flagforge.sqlite3")
    assert (config["OPTIONS"]["transaction_mode"], config["OPTIONS"]["timeout"]) == ("IMMEDIATE", 20)


def test_a_postgresql_url_is_taken_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://ff:p%40ss@db:5433/flags?sslmode=require")

    config = env.database(tmp_path)

    assert config["ENGINE"] == "flagforge.postgresql"
    assert (config["USER"], config["PASSWORD"], config["HOST"], config["PORT"]) == ("ff", "p@ss", "db", 5433)
    assert (config["NAME"], config["OPTIONS"]["sslmode"]) == ("flags", "require")
    assert config["OPTIONS"]["connect_timeout"] == 5
    assert config["CONN_MAX_AGE"] > 0
    assert config["CONN_HEALTH_CHECKS"]


@pytest.mark.parametrize(
    "given", ["mysql://ff:secret@db/x", "postgresql://ff:secret@db:port/x", "postgresql://[secret/x"]
)
def test_an_unreadable_database_url_is_refused_without_showing_it(
    given: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", given)

    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL") as caught:
        env.database(tmp_path)

    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_an_envelope_key_is_made_once_and_kept_private(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("FLAGFORGE_ENVELOPE_KEY", raising=False)

    first, second = env.envelope_keys(tmp_path), env.envelope_keys(tmp_path)

    assert first == second
    assert [len(key) for key in first] == [32]
    assert stat.S_IMODE((tmp_path / "envelope_key").stat().st_mode) == 0o600


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_given_envelope_key_is_taken_in_either_alphabet(
    encode: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FLAGFORGE_ENVELOPE_KEY", encode(b"\xfb\xff" * 16).decode())

    assert env.envelope_keys(tmp_path) == (b"\xfb\xff" * 16,)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["short", "k" * 32, ",", "é" * 44, base64.b64encode(b"k" * 31).decode()])
def test_an_envelope_key_of_another_length_is_refused_and_not_quoted(
    text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FLAGFORGE_ENVELOPE_KEY", text)

    with pytest.raises(ImproperlyConfigured, match="FLAGFORGE_ENVELOPE_KEY must be 32 bytes in base64") as refused:
        env.envelope_keys(tmp_path)
    assert text not in str(refused.value)


ENVELOPE_KEYS = [base64.b64encode(letter * 32).decode() for letter in (b"a", b"b")]


def test_the_first_of_several_envelope_keys_stays_the_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FLAGFORGE_ENVELOPE_KEY", ", ".join(ENVELOPE_KEYS))

    assert env.envelope_keys(tmp_path) == (b"a" * 32, b"b" * 32)


def test_envelope_keys_are_the_lines_of_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("FLAGFORGE_ENVELOPE_KEY", raising=False)
    file = tmp_path / "keys"
    file.write_text("\n".join(ENVELOPE_KEYS) + "\n")
    monkeypatch.setenv("FLAGFORGE_ENVELOPE_KEY_FILE", str(file))

    assert env.envelope_keys(tmp_path) == (b"a" * 32, b"b" * 32)
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot be read"), (b"\xff", "cannot be read"), (b"", "32 bytes")]
)
def test_a_file_without_envelope_keys_is_refused(
    content: bytes | None, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("FLAGFORGE_ENVELOPE_KEY", raising=False)
    file = tmp_path / "keys"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("FLAGFORGE_ENVELOPE_KEY_FILE", str(file))

    with pytest.raises(ImproperlyConfigured, match=said):
        env.envelope_keys(tmp_path)


def test_envelope_keys_are_not_said_twice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FLAGFORGE_ENVELOPE_KEY", ENVELOPE_KEYS[0])
    monkeypatch.setenv("FLAGFORGE_ENVELOPE_KEY_FILE", str(tmp_path / "keys"))

    with pytest.raises(ImproperlyConfigured, match="two ways to say one thing"):
        env.envelope_keys(tmp_path)


def test_a_damaged_envelope_key_is_not_replaced_silently(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("FLAGFORGE_ENVELOPE_KEY", raising=False)
    (tmp_path / "envelope_key").write_text("short")

    with pytest.raises(ImproperlyConfigured, match="envelope_key must be 32 bytes"):
        env.envelope_keys(tmp_path)


@pytest.mark.parametrize(
    ("url", "host", "port", "ssl", "tls"),
    [
        ("smtp://mail.example.com", "mail.example.com", 25, False, False),
        ("smtps://mail.example.com", "mail.example.com", 465, True, False),
        ("smtp+tls://mail.example.com:2525", "mail.example.com", 2525, False, True),
    ],
)
def test_a_mail_server_is_taken_apart(url: str, host: str, port: int, ssl: bool, tls: bool) -> None:
    found = env.mail_server(url)

    assert (found.host, found.port, found.has_ssl, found.has_tls) == (host, port, ssl, tls)


def test_the_login_of_a_mail_server_may_hold_any_character() -> None:
    found = env.mail_server("smtp://mona%40example.com:a%2Fb@mail.example.com")

    assert (found.user, found.password) == ("mona@example.com", "a/b")


def test_without_a_mail_server_there_is_djangos() -> None:
    assert env.mail_server("") == env.MailServer("localhost", 25)


def test_limits_are_replaced_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLAGFORGE_LIMITS", "members=5, projects=0")

    assert env.numbers("FLAGFORGE_LIMITS", {"members": 1, "projects": 2, "flags": 3}) == {
        "members": 5,
        "projects": 0,
        "flags": 3,
    }


@pytest.mark.parametrize("text", ["members", "members=", "members=-1", "moons=1", "members=1.5", "members=9999999999"])
def test_what_is_no_limit_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLAGFORGE_LIMITS", text)

    with pytest.raises(ImproperlyConfigured, match="FLAGFORGE_LIMITS"):
        env.numbers("FLAGFORGE_LIMITS", {"members": 1})


def test_networks_are_read_and_anything_else_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "10.1.0.0/16, fd00::/8, 192.0.2.7")
    assert [str(network) for network in env.networks("X")] == ["10.1.0.0/16", "fd00::/8", "192.0.2.7/32"]

    monkeypatch.setenv("X", "10.1.2.3/16")
    with pytest.raises(ImproperlyConfigured, match="write networks"):
        env.networks("X")
