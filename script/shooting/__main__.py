"""Serves a demo of its own, has every page taken, and leaves nothing but the pictures and the page that lists them."""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from script.console import Console
from script.places import HOST, Places, free_port
from script.processes import Program
from script.programs import PYTHON, programs, steps
from script.serve import READY_TIMEOUT, answers
from script.shooting.gallery import FOLDER, gallery
from script.shooting.pages import PAGES
from script.supervisor import ProgramDiedError, StopRequested, Supervisor, TooSlowError

# Another database, another mail server or other people's accounts have no place in these pictures.
ELSEWHERE = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL")


def main() -> int:
    wanted = _wanted()
    for variable in ELSEWHERE:
        os.environ.pop(variable, None)
    with tempfile.TemporaryDirectory() as data:
        places = Places(HOST, free_port(), free_port(), Path(data))
        try:
            _shoot(places, wanted)
        except StopRequested:
            return 1
        except (ProgramDiedError, TooSlowError, OSError) as error:
            print(error, file=sys.stderr)
            return 1
    (FOLDER / "README.md").write_text(gallery())
    return 0


def _shoot(places: Places, wanted: Sequence[str]) -> None:
    before = [*steps(places), _own("people", places)]
    worker, control, *_ = programs(places)
    tour = _own("tour", places, *wanted)
    with Supervisor(Console([program.name for program in (*before, worker, control, tour)])) as supervisor:
        supervisor.leave_nothing_of(places.data)
        for step in before:
            supervisor.run(step)
        supervisor.start(worker)
        supervisor.start(control)
        supervisor.wait_until(
            lambda: answers(f"{places.url}/readyz"), what="/readyz did not answer", timeout=READY_TIMEOUT
        )
        supervisor.run(tour)


def _own(name: str, places: Places, *arguments: str) -> Program:
    return Program(name, [PYTHON, "-m", f"script.shooting.{name}", *arguments], places.environment())


def _wanted() -> list[str]:
    names = [page.name for page in PAGES]
    parser = argparse.ArgumentParser(
        prog="script/screenshots",
        description="Takes every page that people see, light, dark and on a phone, into docs/screenshots/.",
        epilog=f"Pages: {', '.join(names)}.",
    )
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="only these")
    wanted: list[str] = parser.parse_args().pages
    if unknown := [name for name in wanted if name not in names]:
        parser.error(f"unknown page {', '.join(unknown)}; there is: {', '.join(names)}")
    return wanted


if __name__ == "__main__":
    sys.exit(main())
