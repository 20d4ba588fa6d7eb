"""The wheel works where nothing else is installed."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from evaluation.sdk.about import VERSION
from evaluation.wire.jws import jwk_of
from tests.evaluation.core.test_vectors import CASES
from tests.evaluation.relay.said import ONE, put
from tests.evaluation.sdk.edge import SECRET, Edge, a_flag
from tests.evaluation.wire.test_trust import KEY
from tests.sdks.python.conftest import ROOT, Installed
from tests.tenants.chain import made

# The first test waits until the environment is made.
pytestmark = pytest.mark.timeout(600)
ASKING = """
import sys
from flagforge_sdk import Client
with Client(*sys.argv[1:]) as client:
    assert client.wait_until_ready(30)
    print(client.is_enabled("plain"), client.is_enabled("matching", False, {"email": "kim@acme.example"}))
    details = client.boolean_details("matching", False, {"email": "kim@acme.example"})
    print(details.error_code, details.error_message)
"""
MATCHING = {"id": "r", "if": {"attribute": "email", "op": "matches", "values": ["@acme"]}, "serve": {"variant": "on"}}


def test_the_wheel_holds_the_pure_rooms_its_types_and_its_licences(installed: Installed) -> None:
    names = set(zipfile.ZipFile(installed.wheel).namelist())

    rooms = {name.split("/")[1] for name in names if name.count("/") > 1 and name.startswith("flagforge_sdk/")}
    assert rooms == {"audit", "core", "delivery", "relay", "sdk", "wire"}
    assert {"flagforge_sdk/py.typed", "flagforge_sdk/LICENSE-MIT", "flagforge_sdk/LICENSE-APACHE"} <= names


def test_the_vectors_run_in_an_empty_environment(installed: Installed) -> None:
    done = installed.run("python", str(ROOT / "tests/sdks/python/run_vectors.py"), str(ROOT / "tests/vectors"))

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == [str(len(CASES))]


def test_nothing_of_the_control_plane_is_needed(installed: Installed) -> None:
    packages = json.loads(installed.run("pip", "list", "--format=json").stdout)

    names = {package["name"].lower() for package in packages}
    assert "flagforge-sdk" in names
    assert not names & {"django", "celery", "redis", "channels", "psycopg"}


def test_the_relay_and_the_verifier_are_commands(installed: Installed, tmp_path: Path) -> None:
    signed, jwks = tmp_path / "signed.json", tmp_path / "jwks.json"
    signed.write_text(json.dumps(put(ONE)))
    jwks.write_text(json.dumps({"keys": [jwk_of(KEY.public_key())]}))

    relay = installed.run("flagforge-relay", "--help")
    good = installed.run("flagforge-verify", str(signed), "--jwks", str(jwks))
    signed.write_text(json.dumps({**put(ONE), "signature": ""}))
    refused = installed.run("flagforge-verify", str(signed), "--jwks", str(jwks))

    assert (relay.returncode, relay.stdout.split()[:2]) == (0, ["usage:", "flagforge-relay"])
    assert (good.returncode, "version 1" in good.stdout) == (0, True)
    assert refused.returncode == 1


def test_the_verifier_of_audit_logs_is_a_command(installed: Installed, tmp_path: Path) -> None:
    export, keys, checkpoint = (tmp_path / name for name in ("export.ndjson", "keys.json", "checkpoint.json"))
    entries = made.chain_of(5)
    keys.write_text(made.jwks())
    checkpoint.write_text(json.dumps(made.signed_at(entries[4]).document()))
    command = ("flagforge-audit-verify", str(export), "--keys", str(keys), "--checkpoints", str(checkpoint))

    export.write_text(made.exported(entries))
    good = installed.run(*command)
    export.write_text(made.exported(entries[:3]))
    cut_off = installed.run(*command)

    assert (good.returncode, "intact (5 entries" in good.stdout) == (0, True)
    assert (cut_off.returncode, "CUT_OFF: entries 4 to 5" in cut_off.stdout) == (1, True)


def test_the_version_is_that_of_the_code(installed: Installed) -> None:
    said = installed.run("python", "-c", "import flagforge_sdk; print(flagforge_sdk.__version__)").stdout.strip()

    assert said == VERSION
    assert f"-{VERSION}-" in installed.wheel.name


@pytest.fixture
def edge() -> Iterator[Edge]:
    edge = Edge(plain=a_flag(), matching=a_flag(rules=[MATCHING]))
    edge.start()
    yield edge
    edge.stop()


def test_re2_is_an_extra_and_without_it_only_the_flags_that_match_patterns_are_unreadable(
    bare: Installed, edge: Edge
) -> None:
    assert bare.run("python", "-c", "import re2").returncode == 1

    done = bare.run("python", "-c", ASKING, SECRET, edge.url)

    assert (done.returncode, done.stderr) == (0, "")
    values, error = done.stdout.splitlines()
    assert values == "True False"
    assert error.startswith("PARSE_ERROR ")
    assert "matches needs the package google-re2, which is not installed here" in error


def test_with_the_extra_re2_flags_match_patterns(bare: Installed, installed: Installed, edge: Edge) -> None:
    with zipfile.ZipFile(bare.wheel) as wheel:
        (name,) = (name for name in wheel.namelist() if name.endswith("/METADATA"))
        metadata = wheel.read(name).decode()

    assert "Requires-Dist: google-re2>=1.1; extra == 're2'" in metadata.replace('"', "'")
    assert installed.run("python", "-c", ASKING, SECRET, edge.url).stdout == "True True\nNone None\n"


def test_a_program_that_reads_no_pattern_never_loads_re2(installed: Installed) -> None:
    program = "import flagforge_sdk, flagforge_sdk.core.manifest, sys; print('re2' in sys.modules)"

    assert installed.run("python", "-c", program).stdout.strip() == "False"


FLAGS_IN_TESTS = """
import sys
from flagforge_sdk.testing import TestData
from flagforge_sdk import asgi, django
assert TestData(checkout=True).client().is_enabled("checkout")
assert not {"django", "pytest", "opentelemetry", "openfeature", "starlette"} & set(sys.modules)
"""


def test_middleware_and_flags_for_tests_need_no_framework(installed: Installed) -> None:
    done = installed.run("python", "-c", FLAGS_IN_TESTS)

    assert (done.returncode, done.stderr) == (0, "")


def test_pytest_finds_the_fixture(installed: Installed) -> None:
    program = "from importlib.metadata import entry_points; print(*(e.value for e in entry_points(group='pytest11')))"

    assert installed.run("python", "-c", program).stdout.split().count("flagforge_sdk.sdk.pytest_plugin") == 1
