"""The programs in a page of documentation, run as an application runs them."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.evaluation.sdk.edge import SECRET
from tests.sdks.python.conftest import ROOT

ROOMS = ("core", "delivery", "relay", "sdk", "wire")
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"# ([\w/]+\.py)\n")


def assemble(folder: Path) -> None:
    """The package as the wheel has it, beside everything that is installed here."""
    package = folder / "flagforge_sdk"
    shutil.copytree(ROOT / "sdks/python/flagforge_sdk", package)
    for room in ROOMS:
        (package / room).symlink_to(ROOT / "evaluation" / room)


@dataclass(frozen=True)
class Page:
    """Its blocks, with the address of a server that is there; a block that begins with a file's name is kept in that file."""

    name: str
    folder: Path
    base_url: str

    def programs(self) -> list[Path]:
        text = (ROOT / "docs" / self.name).read_text()
        made = text.replace("http://127.0.0.1:8100", self.base_url).replace("ff_server_…", SECRET)
        return [self._write(block, number) for number, block in enumerate(BLOCK.findall(made))]

    def _write(self, block: str, number: int) -> Path:
        named = NAMED.match(block)
        file = self.folder / (named[1] if named else f"block_{number}.py")
        file.parent.mkdir(exist_ok=True)
        file.write_text(block)
        return file

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Python with these arguments, where nothing of this repository but the package can be imported."""
        environment = {**os.environ, "PYTHONPATH": str(self.folder)}
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        arguments = [sys.executable, "-W", "error", *command]
        return subprocess.run(
            arguments, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
