"""The Dockerfile and the compose files: nothing is asked of an engine, since there is none in a test."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tenants.keys import kind_of
from tests.deploy.files import DEPLOY, DOCKERFILE, VARIABLE, WHOLE, Service, compose, fresh_env, stages
from tests.deploy.tools import asked, tools

RELAY = DEPLOY / "relay/compose.yaml"
RELAY_ENV = {"FLAGFORGE_RELAY_KEY": "ff_relay_x", "FLAGFORGE_RELAY_UPSTREAM": "https://flags.example.com"}
ONCE = {"migrate", "bucket", "certificate"}
READ = "import compose_spec, sys; print(sorted(compose_spec.PyCompose.from_yaml(sys.argv[1]).service_names()))"


def services() -> dict[str, Service]:
    found: dict[str, Service] = compose(WHOLE, fresh_env())["services"]
    return found


def ours() -> dict[str, Service]:
    """Those that run our own image."""
    return {name: service for name, service in services().items() if service["image"].startswith("flagforge:")}


def test_a_fresh_env_leaves_nothing_to_guess() -> None:
    env = fresh_env()
    asked_for = {name for name, has_none, _ in VARIABLE.findall(WHOLE.read_text()) if has_none != "-"}

    assert set(env) == asked_for
    assert all(env.values())
    assert len(set(env.values())) == len(env)
    assert kind_of(env["FLAGFORGE_RELAY_KEY"]) == "relay"


def test_without_its_secrets_nothing_starts() -> None:
    secrets = {name for name in fresh_env() if name.endswith(("KEY", "PASSWORD", "SECRET", "HOST"))}

    for name in secrets:
        with pytest.raises(KeyError, match=name):
            compose(WHOLE, {other: value for other, value in fresh_env().items() if other != name})


@pytest.mark.parametrize(("path", "env"), [(WHOLE, fresh_env()), (RELAY, RELAY_ENV)], ids=["whole", "relay"])
def test_what_compose_reads_is_a_compose_file(path: Path, env: dict[str, str]) -> None:
    document = compose(path, env)

    assert asked(READ, json.dumps(document)).strip() == str(sorted(document["services"]))


def test_all_start_in_order_and_each_says_whether_it_is_well() -> None:
    said = {name for name, service in services().items() if _says_whether_it_is_well(service)}
    waited_for: dict[str, dict[str, Any]] = {
        name: service.get("depends_on", {}) for name, service in services().items()
    }

    assert set(services()) - said == ONCE
    for conditions in waited_for.values():
        for other, condition in conditions.items():
            wanted = "service_completed_successfully" if other in ONCE else "service_healthy"
            assert condition == {"condition": wanted}
    order: list[str] = []
    while len(order) < len(waited_for):
        ready = [name for name, others in waited_for.items() if name not in order and set(others) <= set(order)]
        assert ready, "they wait for each other"
        order += ready
    assert order.index("migrate") < min(map(order.index, ("web", "stream", "worker", "beat")))
    assert order.index("nginx") > max(map(order.index, ("web", "stream", "relay", "grafana")))


def _says_whether_it_is_well(service: Service) -> bool:
    check = service.get("healthcheck", {})
    return "test" in check or (service["image"].startswith("flagforge:") and not check)


def test_containers_may_little() -> None:
    for name, service in [*ours().items(), *compose(RELAY, RELAY_ENV)["services"].items()]:
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["init"], name
    for name, service in services().items():
        assert re.search(r":[^:]*\d\.?\d", service["image"]), f"{name} has no version"
        assert ("ports" in service) == (name == "nginx")


def test_what_compose_mounts_is_there() -> None:
    mounted = {
        mount.split(":")[0]
        for service in services().values()
        for mount in service.get("volumes", ())
        if mount.startswith(".")
    }

    assert len(mounted) >= 7
    assert [path for path in mounted if not (DEPLOY / path).exists()] == []


def test_images_are_small_and_nobody_is_root_in_them() -> None:
    for name in ("flagforge", "relay"):
        instructions = stages()[name]
        said = dict(instructions)
        assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", said["USER"])
        assert json.loads(said["CMD"])
        assert json.loads(said["HEALTHCHECK"].partition(" CMD ")[2])
        assert all(rest.startswith(("--from=", "deploy/")) for word, rest in instructions if word == "COPY")
        assert not [rest for word, rest in instructions if word == "RUN"]  # compilers and caches stay in other stages


def test_hadolint_finds_nothing() -> None:
    done = subprocess.run([str(tools() / "bin/hadolint"), str(DOCKERFILE)], capture_output=True, text=True, check=False)

    assert (done.stdout, done.returncode) == ("", 0)


def test_an_image_has_no_tests_and_no_tools() -> None:
    let_in = [line[1:] for line in (DEPLOY.parent / ".dockerignore").read_text().splitlines() if line.startswith("!")]

    assert not {"script", "tests", ".git", ".venv", "sdks/javascript"} & set(let_in)
    assert all(list(DEPLOY.parent.glob(name)) for name in let_in)
