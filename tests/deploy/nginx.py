"""deploy/nginx/ at work in front of a test's own servers: the files as they are, but for ports and folders."""

import os
import shutil
import signal
import ssl
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from script.places import HOST, free_port
from tests.certificates import Authority

CONFIGURATION = Path(__file__).resolve().parents[2] / "deploy/nginx"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
HOST_NAME = "localhost"


class Nginx:
    """`upstreams` says the ports of the servers of each; more may be written into `upstreams_file`."""

    def __init__(self, folder: Path, upstreams: Mapping[str, Sequence[int]]) -> None:
        self.folder, self.plain_port, self.port = folder, free_port(), free_port()
        self.authority = Authority(folder)
        self.upstreams_file, self.access_log = folder / "upstreams.conf", folder / "access.log"
        shutil.copytree(CONFIGURATION, folder, dirs_exist_ok=True)
        (folder / "cache").mkdir()
        (folder / "nginx.conf").write_text(self._moved((folder / "nginx.conf").read_text()))
        self.upstreams_file.write_text(self._upstreams(upstreams))
        self.command = [str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf")]
        with (folder / "said").open("w") as said:
            self.process = subprocess.Popen([*self.command, "-g", "daemon off;"], stderr=said)
        deadline = time.monotonic() + 20
        while not (folder / "nginx.pid").exists() or not (folder / "nginx.pid").read_text():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.02)

    @property
    def url(self) -> str:
        return f"https://{HOST_NAME}:{self.port}"

    def client(self, **options: object) -> httpx.Client:
        context = ssl.create_default_context(cafile=str(self.authority.file))
        return httpx.Client(base_url=self.url, verify=context, timeout=20, **options)  # type: ignore[arg-type]

    def reload(self) -> None:
        """With the files as they are now; none of the workers before takes a new connection once this returns."""
        before, deadline = self.workers(), time.monotonic() + 20
        subprocess.run([*self.command, "-s", "reload"], check=True)
        while before & (now := self.workers()) or not now:
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.02)

    def workers(self) -> set[int]:
        """Those that take new connections."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        titles = {int(pid): Path(f"/proc/{pid}/cmdline") for pid in children}
        return {pid for pid, title in titles.items() if title.exists() and b"shutting down" not in title.read_bytes()}

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)

    def said(self) -> str:
        return (self.folder / "said").read_text() + (self.folder / "error.log").read_text()

    def _moved(self, text: str) -> str:
        certificate, key = self.authority.certify(HOST_NAME)
        for old, new in {
            "listen 80 ": f"listen {HOST}:{self.plain_port} ",
            "listen 443 ": f"listen {HOST}:{self.port} ",
            "/etc/flagforge-tls/tls.crt": certificate,
            "/etc/flagforge-tls/tls.key": key,
            "/run/nginx.pid": self.folder / "nginx.pid",
            "/dev/stderr": self.folder / "error.log",
            "/dev/stdout": self.access_log,
            "/var/cache/nginx": self.folder / "cache",
            "worker_processes auto": f"{'user root; ' * (os.geteuid() == 0)}worker_processes 1",
            "worker_connections 50000": "worker_connections 500",
        }.items():
            assert old in text, old
            text = text.replace(old, str(new))
        return text

    def _upstreams(self, upstreams: Mapping[str, Sequence[int]]) -> str:
        """Our own file, with these in the place of each name."""
        text = (self.folder / "upstreams.conf").read_text()
        for name, ports in upstreams.items():
            head, tail = text.split(f"upstream {name} {{", 1)
            body, rest = tail.split("\n}\n", 1)
            lines = [line for line in body.splitlines() if not line.strip().startswith(("server", "#"))]
            lines += [f"    server {HOST}:{port} max_fails=2 fail_timeout=5s;" for port in ports]
            text = f"{head}upstream {name} {{" + "\n".join(lines) + f"\n}}\n{rest}"
        return text
