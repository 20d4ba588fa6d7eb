"""The options that both programs have."""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.shifting.burning import FEWEST, WINDOWS, Budget, Window
from deploy.shifting.releases import PlanError, read_plan
from deploy.shifting.shifter import Shifter
from deploy.shifting.watching import Log


def parser_of(name: str, words: str, *, seconds: float) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m deploy.{name}",
        description=words,
        epilog="Ends with 0, or with 1 where all is as it was before.",
    )
    parser.add_argument("release", help="the one of the plan that is to serve")
    parser.add_argument("--plan", type=Path, required=True, help="a JSON file: which servers each release has")
    parser.add_argument("--upstreams", type=Path, required=True, help="the upstreams.conf that is written")
    parser.add_argument(
        "--access-log", type=Path, required=True, help="what nginx writes, as deploy/nginx/nginx.conf says"
    )
    parser.add_argument("--reload", default="nginx -s reload", help="the command after it was written (%(default)s)")
    parser.add_argument("--seconds", type=float, default=seconds, help="how long each step is watched (%(default)s)")
    parser.add_argument("--objective", type=float, default=0.999, help="the share that must succeed (%(default)s)")
    parser.add_argument("--fewest", type=int, default=FEWEST, help="answers that say something (%(default)s)")
    parser.add_argument(
        "--window",
        type=_window,
        action="append",
        metavar="LONG:SHORT:BURN",
        help="seconds, seconds, times; several times (300:60:14.4 and 1800:300:6)",
    )
    return parser


def run(given: argparse.Namespace, steps: Sequence[int]) -> int:
    try:
        plan = read_plan(given.plan)
        plan.other(given.release)
        budget = Budget(given.objective, tuple(given.window or WINDOWS), given.fewest)
        log = Log(given.access_log)
        shifter = Shifter(plan, given.release, given.upstreams, shlex.split(given.reload), log, budget)
        return 0 if shifter.shift(steps, given.seconds) else 1
    except (PlanError, OSError) as error:
        print(error, file=sys.stderr)
        return 2


def _window(text: str) -> Window:
    try:
        long, short, burn = map(float, text.split(":"))
    except ValueError:
        raise argparse.ArgumentTypeError("LONG:SHORT:BURN is wanted, as in 300:60:14.4") from None
    return Window(long, short, burn)
