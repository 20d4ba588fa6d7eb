"""python -m deploy.bluegreen green --plan releases.json --upstreams upstreams.conf --access-log access.log"""

import signal
import sys

from deploy.shifting.options import parser_of, run
from deploy.shifting.releases import ALL


def main() -> int:
    return run(
        parser_of("bluegreen", "Give a new release all requests, and watch it.", seconds=900).parse_args(), [ALL]
    )


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
