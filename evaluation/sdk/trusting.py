"""Whom a connection over TLS believes: the authorities that everybody knows, or those of one file and nobody else."""

import os
import ssl
from functools import lru_cache
from pathlib import Path

VARIABLE = "FLAGFORGE_CA_FILE"


def trusted(ca_file: str | Path | None = None) -> ssl.SSLContext | bool:
    """For `verify` of httpx. The host's name is always checked too.

    Without a file that of `FLAGFORGE_CA_FILE`; without either, True: certifi's list. Raises ValueError for a file that holds
    no certificate.
    """
    path = str(ca_file or os.environ.get(VARIABLE, ""))
    return _of_file(path) if path else True


@lru_cache(maxsize=8)
def _of_file(path: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f"the CA file {path} cannot be used: {error}") from None
