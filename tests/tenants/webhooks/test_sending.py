"""One request: to where it was checked to lead, and bounded in time and size, whatever the other side does."""

import asyncio
import datetime
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tenants.webhooks import sending
from tenants.webhooks.sending import Answer, Letter, send
from tests.tenants.webhooks.conftest import LOOPBACK
from tests.tenants.webhooks.endpoint import (
    Behaviour,
    Flood,
    an_endpoint,
    closes,
    drips_body,
    drips_headers,
    hangs,
    is_no_http,
    says,
    seconds,
)

HEADERS = {"Content-Type": "application/json"}


def sent(url: str, networks: Any = LOOPBACK, deadline: float = 20.0) -> Answer:
    return asyncio.run(send(Letter(url, b'{"a":1}', HEADERS, networks, deadline)))


def test_a_request_arrives_as_it_was_written() -> None:
    with an_endpoint(says(202, "taken")) as endpoint:
        answer = sent(endpoint.url("/hooks?a=b"))

    (received,) = endpoint.received
    assert (received.path, received.body) == ("/hooks?a=b", b'{"a":1}')
    assert received.headers["content-type"] == "application/json"
    assert (answer.status, answer.text, answer.is_good) == (202, "taken", True)


@pytest.mark.parametrize("status", [400, 404, 410, 500, 503])
def test_any_other_answer_is_a_fault(status: int) -> None:
    with an_endpoint(says(status, "no", Retry_After="7")) as endpoint:
        answer = sent(endpoint.url())

    assert (answer.status, answer.fault, answer.retry_after) == (status, f"it answered {status}", "7")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_to_a_private_address_is_not_followed(status: int) -> None:
    with an_endpoint(says(200)) as behind, an_endpoint(says(status, Location=behind.url("/secret"))) as endpoint:
        answer = sent(endpoint.url())

    assert answer.fault == f"{status}: redirects are not followed"
    assert not behind.received


@pytest.mark.parametrize("behave", [hangs, drips_headers, drips_body])
def test_whoever_takes_too_long_is_left(behave: Behaviour) -> None:
    began = time.monotonic()
    with an_endpoint(behave) as endpoint:
        answer = sent(endpoint.url(), deadline=1.0)

    assert answer.fault == "no whole answer within 1 s"
    assert seconds(began) < 10


def test_of_ten_gigabytes_the_first_are_read_and_no_more() -> None:
    flood = Flood()
    with an_endpoint(flood) as endpoint:
        answer = sent(endpoint.url())

    assert (answer.status, len(answer.text)) == (200, 1_024)
    assert flood.sent < 50_000_000  # what lies in the buffers of both sides


@pytest.mark.parametrize("behave", [closes, is_no_http])
def test_what_is_no_answer_is_a_fault(behave: Behaviour) -> None:
    with an_endpoint(behave) as endpoint:
        answer = sent(endpoint.url())

    assert answer.status is None
    assert answer.fault


def test_an_address_where_nobody_listens_is_a_fault() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        answer = sent(f"http://127.0.0.1:{free.getsockname()[1]}/")

    assert (answer.status, bool(answer.fault)) == (None, True)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433"])
def test_nothing_is_sent_to_where_no_webhook_may_go(host: str) -> None:
    with an_endpoint(says(200)) as endpoint:
        port = endpoint.address.rpartition(":")[2]
        answer = sent(f"https://{host}:{port}/", networks=())

    assert "where no webhook may go" in answer.fault
    assert not endpoint.received


def test_a_closed_port_is_not_knocked_at() -> None:
    assert sent("https://127.0.0.1:25/").fault == "port 25 is closed to webhooks"


def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with an_endpoint(says(200)) as proxy, an_endpoint(says(200)) as endpoint:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.address)
        assert sent(endpoint.url()).is_good

    assert (len(proxy.received), len(endpoint.received)) == (0, 1)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Has the resolver give a host these addresses, one after the other; gives back who was asked for."""
    asked: list[str] = []
    really = socket.getaddrinfo

    def resolve(host: str, *addresses: str) -> list[str]:
        turns = iter(addresses)

        def answer(name: Any, port: Any, *args: Any, **options: Any) -> Any:
            if name not in (host, host.encode()):
                return really(name, port, *args, **options)
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(turns), port))]

        monkeypatch.setattr(socket, "getaddrinfo", answer)
        return asked

    return resolve


def test_a_name_that_changes_its_address_meanwhile_gains_nothing(names: Callable[..., list[str]]) -> None:
    with an_endpoint(says(200)) as endpoint:
        asked = names("hooks.example", "127.0.0.1", "169.254.169.254")
        port = endpoint.address.rpartition(":")[2]

        answer = sent(f"http://hooks.example:{port}/")

    assert answer.is_good
    assert asked == ["hooks.example"]
    assert endpoint.received[0].headers["host"] == f"hooks.example:{port}"


def test_a_name_that_leads_inside_is_refused(names: Callable[..., list[str]]) -> None:
    names("hooks.example", "169.254.169.254")

    assert "169.254.169.254, where no webhook may go" in sent("https://hooks.example/", networks=()).fault


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One of hooks.example, which this process trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example")]),
        datetime.datetime.now(datetime.UTC),
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    sending._trusting.cache_clear()
    monkeypatch.setattr(sending, "_trusting", sending._trusting.__wrapped__)
    return path


def test_the_certificate_is_that_of_the_name_although_its_address_was_connected_to(
    certificate: Path, names: Callable[..., list[str]]
) -> None:
    with an_endpoint(says(200), certificate) as endpoint:
        port = endpoint.address.rpartition(":")[2]
        names("hooks.example", "127.0.0.1")
        good = sent(f"https://hooks.example:{port}/")
        names("other.example", "127.0.0.1")
        bad = sent(f"https://other.example:{port}/")

    assert good.is_good, good.fault
    assert "certificate" in bad.fault.lower()
    assert len(endpoint.received) == 1
