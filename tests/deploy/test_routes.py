"""Where deploy/nginx leads each address, and what it does when a server is not ready or away."""

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.deploy.echoes import Echo
from tests.deploy.nginx import NGINX, Nginx

pytestmark = pytest.mark.skipif(NGINX is None, reason="needs nginx; script/test gets it")
LEADS = {
    "web": (
        *("/", "/about/", "/demo/", "/docs/", "/docs/relay/", "/api/docs/", "/api/schema/", "/system/", "/admin/"),
        *("/api/v1/organizations/acme/projects/", "/organizations/acme/", "/static/a.css", "/readyz"),
    ),
    "relays": (
        *("/api/v1/sdk/flags", "/api/v1/sdk/flags/checkout", "/api/v1/sdk/ruleset", "/api/v1/sdk/events"),
        *("/ofrep/v1/evaluate/flags", "//ofrep/v1/evaluate/flags", "/.well-known/flagforge/jwks.json"),
    ),
    "streams": (
        *("/api/v1/sdk/stream", "/api/v1/sdk/poll", "/ofrep/v1/stream", "/ws/sdk", "/ws/dashboard/acme/shop"),
        *("/api/v1/sdk/relay/stream", "/api/v1/sdk/relay/convergence", "/api/v1/sdk/relay/keys/0f"),
    ),
    "grafana": ("/grafana/", "/grafana/api/health"),
}
# What deploy/nginx/upstreams.conf says: a server that failed so many times rests for so long.
TRIES, RESTS_SECONDS = 2, 5
Echoes = dict[str, list[Echo]]


@pytest.fixture(scope="module")
def standing() -> Iterator[Echoes]:
    """Two servers of each upstream."""
    with ExitStack() as stack:
        yield {name: [stack.enter_context(Echo(name)) for _ in range(2)] for name in LEADS}


@pytest.fixture(scope="module")
def nginx(standing: Echoes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    ports = {name: [echo.port for echo in echoes] for name, echoes in standing.items()}
    started = Nginx(tmp_path_factory.mktemp("nginx"), ports)
    yield started
    started.stop()


@pytest.fixture
def echoes(standing: Echoes) -> Echoes:
    for echo in (echo for both in standing.values() for echo in both):
        echo.status, echo.of, echo.asked = 0, 1, 0
    return standing


def test_each_address_leads_where_it_should(nginx: Nginx, echoes: Echoes) -> None:
    with nginx.client() as http:
        led = {
            name: [each for each in addresses if http.get(nginx.url + each).json()["name"] == name]
            for name, addresses in LEADS.items()
        }
        asked = http.get("/api/v1/sdk/flags?targetingKey=u1&key=secret", headers={"X-Forwarded-For": "6.6.6.6"})

    assert led == {name: list(addresses) for name, addresses in LEADS.items()}
    document = asked.json()
    assert document["path"].endswith("?targetingKey=u1&key=secret")
    assert document["headers"]["X-Forwarded-For"] == "127.0.0.1"
    assert document["headers"]["X-Forwarded-Proto"] == "https"
    assert asked.headers.get_list("Strict-Transport-Security") == ["max-age=31536000; includeSubDomains; preload"]
    assert "secret" not in nginx.access_log.read_text()


def test_numbers_are_for_those_inside_and_nothing_is_plain(nginx: Nginx) -> None:
    plain = httpx.get(f"http://localhost:{nginx.plain_port}/docs/?q=a")
    with nginx.client() as http:
        statuses = [http.get(address).status_code for address in ("/metrics", "/livez")]

    assert statuses == [404, 200]
    assert (plain.status_code, plain.headers["Location"]) == (301, "https://localhost/docs/?q=a")


@pytest.mark.parametrize(
    ("method", "address"), [("GET", "/"), ("POST", "/api/v1/sdk/flags"), ("GET", "/api/v1/sdk/stream")]
)
def test_an_unready_server_is_asked_no_more(method: str, address: str, nginx: Nginx, echoes: Echoes) -> None:
    name = next(name for name, addresses in LEADS.items() if address in addresses)
    unready, ready = echoes[name]
    unready.status = 503

    began = time.monotonic()
    with nginx.client() as http:
        answers = [http.request(method, address).status_code for _ in range(20)]
    rests = 1 + (time.monotonic() - began) // RESTS_SECONDS

    assert set(answers) == {200}
    assert ready.asked == 20
    assert unready.asked <= TRIES * rests
    nginx.reload()


def test_a_change_is_never_sent_twice(nginx: Nginx, echoes: Echoes) -> None:
    for echo in echoes["web"]:
        echo.status = 503

    with nginx.client() as http:
        answer = http.patch("/api/v1/organizations/acme/", json={"name": "Acme"})

    assert answer.status_code == 503
    assert sum(echo.asked for echo in echoes["web"]) == 1
    nginx.reload()


def test_the_files_as_they_are_can_be_read(tmp_path: Path, nginx: Nginx) -> None:
    """All but the names, which only containers know, and the places that are root's."""
    done = subprocess.run([*nginx.command, "-t"], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


@pytest.mark.parametrize("path", ["/about/", "/api/v1/sdk/flags", "/api/v1/sdk/stream"])
def test_a_client_names_its_request_unless_the_name_is_strange(nginx: Nginx, echoes: Echoes, path: str) -> None:
    def named(*given: str) -> str:
        with nginx.client() as http:
            headers = [("X-Request-ID", name) for name in given]
            return str(http.get(path, headers=headers).json()["headers"]["X-Request-ID"])

    assert named("checkout-7_f.3") == "checkout-7_f.3"
    for strange in ((), ("a b",), ("x" * 65,), ("a,b",)):
        assert re.fullmatch("[0-9a-f]{32}", named(*strange)), strange
    assert '"request_id":"checkout-7_f.3"' in nginx.access_log.read_text()
