"""A newcomer's first minutes in a real browser: sign up, found an organization, make a key, and see the lamp turn green."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import PASSWORD, AtOnce
from tests.journeys.conftest import CHROMIUM, Server, Servers

ROOT = Path(__file__).resolve().parents[2]

# What passes through several processes takes a while beside the rest of the tests.
PATIENCE = 30_000  # milliseconds

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium; script/test gets it")


@pytest.fixture
def page(browser: Browser, servers: list[Server]) -> Iterator[Page]:
    """A newcomer who signed up. Every complaint of the console fails the test."""
    page = browser.new_context(base_url=servers[0].url).new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto("/accounts/signup/")
    page.get_by_label("Email").fill("mona@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    yield page
    assert complaints == []


def found_initech(page: Page) -> None:
    page.get_by_role("textbox", name="Organization").fill("Initech & Söhne")
    page.get_by_label("First project").fill("TPS reports")
    page.get_by_role("button", name="Found the organization").click()


def test_keys_follow_names_until_somebody_types_one(page: Page) -> None:
    slug = page.get_by_label("Its name in addresses")

    page.get_by_role("textbox", name="Organization").fill("Initech & Söhne")
    expect(slug).to_have_value("initech-sohne")
    slug.fill("init")
    page.get_by_role("textbox", name="Organization").fill("Something else")

    expect(slug).to_have_value("init")


@pytest.fixture(scope="session")
def installed_sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `pip install ./sdks/python` brings, in a folder of its own; what it needs is here already."""
    folder = tmp_path_factory.mktemp("sdk")
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "--target",
        str(folder),
    ]
    subprocess.run([*install, "./sdks/python"], cwd=ROOT, check=True, timeout=120)
    return folder


def run(program: str, folder: Path, sdk: Path) -> str:
    """What a process of its own prints that is this program, which may wait longer here: machines may be busy."""
    file = folder / "hello.py"
    file.write_text(program.replace("wait_until_ready(5)", "wait_until_ready(50)"))
    surroundings = {**os.environ, "PYTHONPATH": str(sdk)}
    done = subprocess.run([sys.executable, file], env=surroundings, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def run_once_published(standing: Servers, at_once: AtOnce, tmp_path: Path, installed_sdk: Path) -> Callable[[str], str]:
    """Runs a program once all that was made has been published, which takes a while where machines are busy."""

    def published_and_run(program: str) -> str:
        (servers,) = at_once(lambda: standing.standing(1))
        assert isinstance(servers, list), servers
        return run(program, tmp_path, installed_sdk)

    return published_and_run


def choose(page: Page, language: str) -> None:
    """As somebody without a mouse does."""
    page.locator(f"#in-{language}").focus()
    page.keyboard.press("Space")


def test_a_newcomer_runs_the_snippet_of_the_page_and_the_lamp_turns_green(
    page: Page, servers: list[Server], run_once_published: Callable[[str], str]
) -> None:
    found_initech(page)
    expect(page).to_have_url(re.compile(r"/organizations/initech-sohne/projects/tps-reports/start/$"))
    page.get_by_role("button", name="Make the flag hello-world").click()
    expect(page.locator("#curl-code")).to_contain_text("/api/v1/sdk/flags/hello-world?")

    # What goes wrong first is told while the page waits, without a reload.
    expect(page.locator("#lamp")).to_contain_text("Waiting for the first evaluation", timeout=PATIENCE)
    client_key = re.findall(r"ff_client_[\w-]+", page.locator("#curl-code").inner_text())[0]
    refused = httpx.get(f"{servers[0].url}/api/v1/sdk/flags", headers={"X-API-Key": client_key[:-3]})
    assert refused.status_code == 401
    expect(page.locator("#lamp")).to_contain_text("It was 3 characters too short.", timeout=PATIENCE)

    page.get_by_role("button", name="Make a server key for development").click()
    choose(page, "python")
    program = page.locator("#python-code").inner_text()
    assert "ff_server_" in program
    assert run_once_published(program) == "hello-world: True\n"

    lamp = page.locator("#lamp")
    expect(lamp).to_contain_text("It works", timeout=PATIENCE)
    for said in ("hello-world", "First server", "flagforge"):
        expect(lamp).to_contain_text(said, timeout=PATIENCE)
    page.reload()
    expect(lamp).to_contain_text("It works", timeout=PATIENCE)
    expect(page.get_by_role("button", name="Make a server key for development")).to_be_visible()


def test_before_a_server_key_the_snippets_work_with_the_client_key(
    page: Page, run_once_published: Callable[[str], str]
) -> None:
    found_initech(page)
    page.get_by_role("button", name="Make the flag hello-world").click()

    choose(page, "python")
    assert run_once_published(page.locator("#python-code").inner_text()) == "hello-world: True\n"
    choose(page, "openfeature")
    expect(page.locator("#of-node-code")).to_be_hidden()
    program = page.locator("#of-python-code").inner_text()

    assert run_once_published(program) == "hello-world: True\n"
    expect(page.locator("#lamp")).to_contain_text("It works", timeout=PATIENCE)


def test_a_reload_neither_shows_a_secret_again_nor_makes_another_key(page: Page) -> None:
    found_initech(page)
    page.get_by_role("link", name="Keys", exact=True).click()
    page.get_by_role("link", name="New key").click()
    page.get_by_label("Token").check()
    expect(page.get_by_label("Acts as")).to_be_visible()
    page.get_by_label("Name").fill("Continuous integration")
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_text("ff_token_")).to_be_visible()

    page.reload()

    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    expect(page.get_by_role("cell", name="Continuous integration ff_token_")).to_have_count(1)
    assert not re.search(r"ff_token_[\w-]{20}", page.content())
