"""deploy/canary and deploy/bluegreen before a real nginx: a good release gets everything, a bad one loses it again by itself."""

import json
import shlex
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.shifting.burning import Budget, Window
from deploy.shifting.releases import PlanError, read_plan, upstreams_of
from script.places import HOST
from tests.deploy.echoes import Echo
from tests.deploy.nginx import NGINX, Nginx

ROOT = Path(__file__).resolve().parents[2]
needs_nginx = pytest.mark.skipif(NGINX is None, reason="needs nginx; script/test gets it")
# A step of half a second in the place of minutes, and as much of everything else.
QUICKLY = ("--seconds", "0.5", "--fewest", "10", "--window", "60:20:14.4")


class Releases:
    """Blue, which serves, and green; a crowd asks without a pause."""

    def __init__(self, folder: Path, blue: Echo, green: Echo) -> None:
        self.blue, self.green = blue, green
        self.nginx = Nginx(
            folder, {"web": [blue.port], "streams": [blue.port], "relays": [blue.port], "grafana": [blue.port]}
        )
        servers = {"blue": [f"{HOST}:{blue.port}"], "green": [f"{HOST}:{green.port}"]}
        upstreams = {"web": servers, "streams": servers, "relays": servers, "grafana": {"": servers["blue"]}}
        self.plan = folder / "releases.json"
        self.plan.write_text(json.dumps({"releases": ["blue", "green"], "upstreams": upstreams}))
        self.answered: Counter[tuple[int, str]] = Counter()
        self._stopped = threading.Event()
        self._crowd = threading.Thread(target=self._ask, daemon=True)
        self._crowd.start()

    def _ask(self) -> None:
        # nginx ends connections that rest when it reads its files anew; each question has one of its own.
        with self.nginx.client(headers={"Connection": "close"}) as http:
            while not self._stopped.wait(0.002):
                answer = http.post("/organizations/")  # a change, which nginx may not mend elsewhere
                self.answered[answer.status_code, answer.json()["name"]] += 1

    def shift(self, program: str, *options: str) -> subprocess.CompletedProcess[str]:
        files = ["--plan", self.plan, "--upstreams", self.nginx.upstreams_file, "--access-log", self.nginx.access_log]
        reload = ["--reload", shlex.join([*self.nginx.command, "-s", "reload"])]
        words = [sys.executable, "-m", f"deploy.{program}", "green", *map(str, files), *reload, *QUICKLY, *options]
        return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60)

    def serving(self) -> set[str]:
        """Who answers from now on, once nginx has read its file."""
        time.sleep(0.3)
        with self.nginx.client() as http:
            return {http.get("/").json()["name"] for _ in range(20)}

    def stop(self) -> None:
        self._stopped.set()
        self._crowd.join(10)
        self.nginx.stop()


@pytest.fixture
def releases(tmp_path: Path) -> Iterator[Releases]:
    with Echo("blue") as blue, Echo("green") as green:
        made = Releases(tmp_path, blue, green)
        yield made
        made.stop()


@needs_nginx
def test_a_good_release_gets_everything_in_steps(releases: Releases) -> None:
    done = releases.shift("canary", "--steps", "20,60,100")

    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split(",")[0] for line in done.stdout.splitlines()] == [
        f"green gets {share} %" for share in (20, 60, 100)
    ]
    assert releases.serving() == {"green"}
    assert set(releases.answered) == {(200, "blue"), (200, "green")}  # nobody noticed


@needs_nginx
@pytest.mark.parametrize(("program", "options"), [("canary", ("--steps", "20,60,100")), ("bluegreen", ())])
def test_a_bad_release_loses_it_again_by_itself(program: str, options: tuple[str, ...], releases: Releases) -> None:
    releases.green.status, releases.green.of = 500, 3

    done = releases.shift(program, *options)

    assert done.returncode == 1, done.stdout + done.stderr
    assert "times its error budget" in done.stdout
    assert done.stdout.splitlines()[-1] == "green gets 0 %, blue 100 %."
    assert "green gets 60 %" not in done.stdout
    assert releases.serving() == {"blue"}
    assert {name for status, name in releases.answered if status != 200} == {"green"}


@needs_nginx
def test_whoever_interrupts_it_has_the_old_release(releases: Releases) -> None:
    files = [
        "--plan",
        releases.plan,
        "--upstreams",
        releases.nginx.upstreams_file,
        "--access-log",
        releases.nginx.access_log,
    ]
    words: list[Any] = [sys.executable, "-m", "deploy.canary", "green", *files, "--seconds", "60", "--steps", "50,100"]
    reload = shlex.join([*releases.nginx.command, "-s", "reload"])
    running = subprocess.Popen(
        [*words, "--reload", reload], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert running.stdout is not None
    assert running.stdout.readline().startswith(b"green gets 50 %")

    running.terminate()

    assert running.wait(10) != 0
    running.stdout.close()
    assert releases.serving() == {"blue"}


def test_a_budget_burns_over_both_windows_or_not_at_all() -> None:
    budget = Budget(0.99, (Window(100, 10, 5),), fewest=10)
    budget.add(0, [True] * 90 + [False] * 10)  # ten times too many, then nothing more goes wrong

    assert budget.burning(5) is not None
    budget.add(50, [True] * 20)
    assert budget.burning(51) is None  # it is over, though the long window still has it
    budget.add(52, [False] * 3 + [True] * 17)
    assert budget.burning(53) is not None
    assert budget.counts(200, 100) == (0, 0)


def test_few_answers_say_nothing() -> None:
    budget = Budget(0.99, (Window(100, 10, 5),), fewest=10)

    budget.add(0, [False] * 9)

    assert budget.burning(1) is None


def test_shares_are_of_releases_however_many_servers_each_has(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    servers = {"blue": ["a:1", "b:1", "c:1"], "green": ["d:1"]}
    plan.write_text(
        json.dumps({"releases": ["blue", "green"], "upstreams": {"web": servers, "grafana": {"": ["g:3"]}}})
    )

    text = upstreams_of(read_plan(plan), "green", 25)

    weights = [int(word.split("=")[1].rstrip(";")) for word in text.split() if word.startswith("weight=")]
    assert weights == [75, 75, 75, 75]  # one of green beside three of blue: each a quarter
    assert "server g:3 max_fails" in text
    assert "server d:1 down;" in upstreams_of(read_plan(plan), "green", 0)


ONE_SIDED = '{"releases": ["a", "b"], "upstreams": {"web": {"a": ["x:1"]}}}'


@pytest.mark.parametrize("document", ["{", "{}", '{"releases": ["a"], "upstreams": {}}', ONE_SIDED])
def test_what_is_no_plan_is_refused_in_words(document: str, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(document)

    with pytest.raises(PlanError, match=r"plan\.json"):
        read_plan(tmp_path / "plan.json")
