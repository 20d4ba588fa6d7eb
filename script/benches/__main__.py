"""The work of script/bench: runs the benches that are named, or all of them."""

import argparse
import importlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from script.benches._report import Table, write_json

HOW_TO_ADD = """\
How to add a bench: write script/benches/NAME.py. The first line of its docstring is the title; it has a function

    def measure() -> Table: ...        (from script.benches._report import Table)

that measures and returns rows, with units in the columns' names. It may print progress to stderr. Whatever it
starts it stops. PACKAGES = ["wrk"] names the Debian packages that it needs; what is missing gets installed.
The result also lands in bench-results/NAME.json with the facts about the machine and the commit.
A file whose name begins with an underscore is no bench. Where measure takes `minutes`, --minutes says how many.
"""
# They take too long to be among all.
ONLY_BY_NAME = ("soak",)


def names() -> list[str]:
    return sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))


def main(arguments: Sequence[str] | None = None) -> int:
    available = names()
    parser = argparse.ArgumentParser(
        prog="script/bench",
        description=f"Benchmarks: {', '.join(available) or 'none yet'}. Without a name: all but soak.",
        epilog=HOW_TO_ADD,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--minutes", type=float, help="how long a bench takes that can take as long as one likes")
    given = parser.parse_args(arguments)
    wanted = given.names or [name for name in available if name not in ONLY_BY_NAME]
    if unknown := [name for name in wanted if name not in available]:
        parser.error(f"unknown bench {', '.join(unknown)}; there is: {', '.join(available) or 'none yet'}")
    for name in wanted:
        run(name, given.minutes)
    return 0


def run(name: str, minutes: float | None = None) -> None:
    module = importlib.import_module(f"script.benches.{name}")
    title = title_of(module)
    if packages := getattr(module, "PACKAGES", None):
        subprocess.run(["script/packages", *packages], check=True)
    print(f"\n{name}: {title}", flush=True)
    table: Table = module.measure() if minutes is None else module.measure(minutes=minutes)
    print(table.text())
    print(f"  {write_json(name, title, table)}", flush=True)


def title_of(module: ModuleType) -> str:
    return (module.__doc__ or module.__name__).strip().splitlines()[0]


if __name__ == "__main__":
    sys.exit(main())
