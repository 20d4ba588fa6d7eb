"""Files that are replaced whole or not at all."""

import os
from pathlib import Path


def replace_whole(file: Path, content: bytes) -> None:
    """Readable by its owner alone; whoever reads meanwhile, or after a crash, sees the old file or the new. Raises OSError."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as written:
        written.write(content)
        written.flush()
        os.fsync(written.fileno())
    beside.replace(file)
