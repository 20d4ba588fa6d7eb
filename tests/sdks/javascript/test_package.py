"""What is published: small, whole, and nothing that an application did not ask for."""

import gzip
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.npm.sdk import ROOT, SOURCES

KILOBYTE = 1024
PEERS = {
    "react.js": {"react"},
    "vue.js": {"vue"},
    "svelte.js": {"svelte", "svelte/store"},
    "angular.js": {"@angular/core"},
}
TYPED = """
import { Client, type Details } from "@flagforge/sdk";
import { LocalClient } from "@flagforge/sdk/local";
import { useFlag } from "@flagforge/sdk/react";

const remote = new Client({ baseUrl: "", sdkKey: "" });
const isOn: boolean = remote.booleanValue("a", false);
const details: Details<number> = remote.details("a", 1);
const local = new LocalClient({ baseUrl: "", sdkKey: "" });
const text: string = local.stringValue("a", "", { targetingKey: "u" });
const used: string = useFlag("a", "");
// @ts-expect-error: a remote client has one context
remote.booleanValue("a", false, { targetingKey: "u" });
// @ts-expect-error: the default says the type
const wrong: number = remote.stringValue("a", "");
export { isOn, details, text, used, wrong };
"""

pytestmark = pytest.mark.timeout(600)  # the first of all tests with the SDK builds it


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def packed(package: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `npm pack` says of the tarball that it made, and where that is."""
    folder = tmp_path_factory.mktemp("packed")
    (said,) = json.loads(run("npm", "pack", "--json", "--pack-destination", str(folder), cwd=package))
    return {**said, "path": folder / said["filename"]}


@pytest.fixture(scope="module")
def application(package: Path, packed: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the package from its tarball, and nothing else but TypeScript and React's types."""
    folder = tmp_path_factory.mktemp("application")
    installed = folder / "node_modules/@flagforge/sdk"
    installed.mkdir(parents=True)
    run("tar", "-xzf", str(packed["path"]), "--strip-components=1", cwd=installed)
    for name in ("@types", "csstype"):
        (folder / "node_modules" / name).symlink_to((package / "node_modules" / name).resolve())
    return folder


def test_a_browser_loads_less_than_8_kilobytes(package: Path) -> None:
    compressed = gzip.compress((package / "dist/flagforge.min.js").read_bytes(), 9)

    assert len(compressed) < 8 * KILOBYTE


def test_only_what_was_built_is_packed(packed: dict[str, Any]) -> None:
    paths = {file["path"] for file in packed["files"]}

    assert {path for path in paths if not path.startswith("dist/")} == {
        *("package.json", "README.md", "LICENSE-MIT", "LICENSE-APACHE")
    }
    assert {Path(path).suffix for path in paths if path.startswith("dist/")} == {".js", ".cjs", ".ts", ".cts"}
    assert not [path for path in paths if "test" in path]


def test_every_entry_is_there_with_its_types(packed: dict[str, Any]) -> None:
    paths = {f"./{file['path']}" for file in packed["files"]}
    manifest = json.loads((SOURCES / "package.json").read_text())

    named = {target for entry in manifest["exports"].values() for target in _targets(entry)}
    named |= {manifest[name] for name in ("main", "module", "types", "jsdelivr", "unpkg")}

    assert named <= paths
    assert len(named) == 4 * 6 + 2


def _targets(entry: Any) -> list[str]:
    return [entry] if isinstance(entry, str) else [target for each in entry.values() for target in _targets(each)]


def test_nothing_is_needed_at_run_time() -> None:
    manifest = json.loads((SOURCES / "package.json").read_text())

    assert "dependencies" not in manifest
    assert {peer["optional"] for peer in manifest["peerDependenciesMeta"].values()} == {True}
    assert manifest["peerDependenciesMeta"].keys() == manifest["peerDependencies"].keys()


@pytest.mark.parametrize("name", ["index.js", "local.js", *PEERS])
def test_an_entry_imports_its_framework_and_nothing_else(package: Path, name: str) -> None:
    imported = re.findall(r'^(?:import|\} from) .*?"([^"]+)";$', (package / "dist" / name).read_text(), re.MULTILINE)

    assert set(imported) == PEERS.get(name, set())


def test_the_lock_file_names_no_registry_of_somebodys_own() -> None:
    lock = (SOURCES / "package-lock.json").read_text()

    assert [
        url for url in re.findall(r'"resolved": "([^"]+)"', lock) if not url.startswith("https://registry.npmjs.org/")
    ] == []
    assert lock.count('"integrity"') > 20


def test_modules_of_both_kinds_can_be_loaded(application: Path) -> None:
    seen = "console.log(typeof sdk.Client, typeof local.LocalClient)"
    imported = f'import * as sdk from "@flagforge/sdk"; import * as local from "@flagforge/sdk/local"; {seen}'
    required = f'const sdk = require("@flagforge/sdk"), local = require("@flagforge/sdk/local"); {seen}'

    assert run("node", "--input-type=module", "-e", imported, cwd=application) == "function function\n"
    assert run("node", "--input-type=commonjs", "-e", required, cwd=application) == "function function\n"


@pytest.mark.parametrize("suffix", [".mts", ".cts"])
def test_types_are_there_for_importers_and_requirers(application: Path, package: Path, suffix: str) -> None:
    (application / f"typed{suffix}").write_text(TYPED)
    compiler = (package / "node_modules/typescript/bin/tsc").resolve()
    options = ("--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--types", "react")

    run("node", str(compiler), *options, f"typed{suffix}", cwd=application)


def test_the_licences_are_those_of_the_project(package: Path) -> None:
    for name in ("LICENSE-MIT", "LICENSE-APACHE"):
        assert (package / name).read_bytes() == (ROOT / name).read_bytes()


def test_the_demo_loads_the_file_that_the_sources_build(package: Path) -> None:
    vendored = ROOT / "flags/static/flags/flagforge.min.js"

    # When this fails: `node build.mjs --vendor` in sdks/javascript.
    assert vendored.read_bytes() == (package / "dist/flagforge.min.js").read_bytes()
