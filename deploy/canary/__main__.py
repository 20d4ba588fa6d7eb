"""python -m deploy.canary green --plan releases.json --upstreams upstreams.conf --access-log access.log"""

import argparse
import signal
import sys

from deploy.shifting.options import parser_of, run


def main() -> int:
    parser = parser_of("canary", "Give a new release 1, 5, 25, 50 and 100 % of the requests.", seconds=300)
    parser.add_argument("--steps", type=_steps, default=[1, 5, 25, 50, 100], help="with commas between them")
    given = parser.parse_args()
    return run(given, given.steps)


def _steps(text: str) -> list[int]:
    steps = [int(word) for word in text.split(",") if word.isdigit()]
    if steps != sorted(set(steps)) or not steps or steps[0] < 1 or steps[-1] != 100:
        raise argparse.ArgumentTypeError("rising numbers up to 100 are wanted, as in 1,5,25,50,100")
    return steps


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
