"""Whether a container does its work, for engines that ask by a command; ends with 0 or 1, and says what is wrong.

python healthy.py http://127.0.0.1:8000/readyz     control plane and relay: the address answers with 200
python healthy.py worker                           the worker of this host answers over Redis
python healthy.py beat /data/beat-schedule         beat has noted lately what it has asked for
"""

import os
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

SECONDS = 4
# Beat writes its schedule down every three minutes.
BEAT_SECONDS = 400


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as response:  # noqa: S310  (our own address)
            return bool(response.status == 200)
    except OSError as error:
        print(f"{url}: {error}")
        return False


def worker_answers() -> bool:
    from celery import Celery

    from_file = {"ssl_ca_certs": os.environ.get("FLAGFORGE_REDIS_CA_FILE") or None, "ssl_cert_reqs": "required"}
    url = os.environ["REDIS_URL"]
    app = Celery(broker=url, set_as_current=False)
    app.conf.broker_use_ssl = from_file if url.startswith("rediss:") else None
    name = f"celery@{os.environ.get('HOSTNAME') or socket.gethostname()}"
    answered = app.control.ping(destination=[name], timeout=SECONDS, limit=1)
    if not answered:
        print(f"{name} does not answer")
    return bool(answered)


def beat_writes(schedule: str) -> bool:
    path = Path(schedule)
    newest = max((file.stat().st_mtime for file in path.parent.glob(f"{path.name}*")), default=0.0)
    if time.time() - newest > BEAT_SECONDS:
        print(f"nothing was written to {schedule}* for {BEAT_SECONDS} s")
    return time.time() - newest <= BEAT_SECONDS


def main() -> int:
    what, *more = sys.argv[1:]
    if what == "worker":
        return 0 if worker_answers() else 1
    return 0 if (beat_writes(more[0]) if what == "beat" else answers(what)) else 1


if __name__ == "__main__":
    sys.exit(main())
