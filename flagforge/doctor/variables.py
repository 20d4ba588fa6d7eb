"""The environment: names that mean nothing, values that are refused (all of them, not only the first), production's demands."""

import importlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from types import ModuleType
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from flagforge.doctor.findings import Finding, fault, ok, warning
from flagforge.settings import refusing
from tenants import variables

BASE, PRODUCTION = "flagforge.settings.base", "flagforge.settings.production"
NAME = re.compile(r"\b[A-Z]+(?:_[A-Z]+)+\b")
DATA = "FLAGFORGE_DATA"
PAGE = "docs/operating.md#environment-variables"


class Environment:
    """Puts each variable aside that keeps the settings from loading, in this process, so that the rest can be looked at.

    `refused` are those. A data folder that cannot be used is replaced by an empty one for the time being.
    """

    def __init__(self) -> None:
        self.refused: set[str] = set()
        self.spare = tempfile.TemporaryDirectory(prefix="flagforge-doctor-", ignore_cleanup_errors=True)
        self.secrets = variables.secrets_in(os.environ)

    def names(self) -> Iterator[Finding]:
        found = variables.unknown(os.environ)
        for name, meant in found.items():
            mend = f"Did you mean {meant}?" if meant else f"Remove it; {PAGE} has all that there are."
            yield warning("variable names", f"{name} means nothing to FlagForge and is not read.", mend)
        if not found:
            known = sum(name in variables.known() for name in os.environ)
            yield ok("variable names", f"{known} of FlagForge's variables are set, and all are known.")

    def values(self) -> Iterator[Finding]:
        """Loads the settings until they do."""
        before = len(self.refused)
        while (refusal := _refusal(BASE)) is not None:
            yield fault("variable values", str(refusal), f"Correct it: {PAGE}.")
            if not self._put_aside(str(refusal)):
                return
        if len(self.refused) == before:
            yield ok("variable values", "All can be read.")

    def _put_aside(self, refusal: str) -> bool:
        """Whether something is different from now on."""
        named = {name for name in NAME.findall(refusal) if os.environ.get(name)} - self.refused
        if not named or DATA in named:
            named = (named or {"FLAGFORGE_ENVELOPE_KEY_FILE"} & os.environ.keys() or {DATA}) - self.refused
        for name in named:
            os.environ.pop(name, None)
        if DATA in named:
            os.environ[DATA] = self.spare.name
        self.refused |= named
        return bool(named)

    def production(self) -> Iterator[Finding]:
        base = _loaded(BASE)
        if os.environ.get("DJANGO_SETTINGS_MODULE") != PRODUCTION:
            yield from self._for_this_machine(base)
            return
        missing = [complaint for names in refusing.MUST_BE_SET for complaint in refusing.unset(names)]
        answered = [one for one in missing if not any(name in one for name in self.refused)]
        complaints = [*answered, *refusing.defaults(base)] if base else answered
        for complaint in complaints:
            yield fault("production", complaint, f"Set it: {PAGE}.")
        if not complaints:
            yield ok("production", "Nothing is left to a default that must be chosen.")

    def _for_this_machine(self, base: ModuleType | None) -> Iterator[Finding]:
        bind = os.environ.get("FLAGFORGE_BIND", "127.0.0.1")
        is_open = bind not in ("127.0.0.1", "::1", "localhost")
        mend = "Set DJANGO_SETTINGS_MODULE=flagforge.settings.production where strangers can reach it."
        if base and is_open and base.DEBUG:
            yield fault(
                "production", f"It listens on {bind} with FLAGFORGE_DEBUG, which shows code and settings.", mend
            )
        elif is_open:
            yield warning("production", f"It listens on {bind} with settings for one machine.", mend)
        else:
            yield ok("production", "These are settings for one machine, and it listens there alone.")

    def hosts(self) -> Iterator[Finding]:
        base = _loaded(BASE)
        if base is None or self.refused & {"FLAGFORGE_HOSTS", "FLAGFORGE_PUBLIC_URL"}:
            return
        host = urlsplit(base.PUBLIC_URL).hostname or ""
        if host in base.ALLOWED_HOSTS or "*" in base.ALLOWED_HOSTS or _is_below(host, base.ALLOWED_HOSTS):
            yield ok("hosts", f"Pages may be asked for at {host}.")
        else:
            yield fault(
                "hosts", f"FLAGFORGE_PUBLIC_URL leads to {host}, which is refused.", f"Put {host} in FLAGFORGE_HOSTS."
            )

    def choose_settings(self) -> str:
        """The module that the rest is looked at with: the one that was asked for, or what loads of it."""
        wanted = os.environ.setdefault("DJANGO_SETTINGS_MODULE", BASE)
        if _refusal(wanted) is not None:
            os.environ["DJANGO_SETTINGS_MODULE"] = BASE
        return wanted


def _is_below(host: str, allowed: list[str]) -> bool:
    return any(name.startswith(".") and f".{host}".endswith(name) for name in allowed)


def _refusal(module: str) -> Exception | None:
    """Why it does not load."""
    for name in (BASE, module):
        sys.modules.pop(name, None)
    try:
        importlib.import_module(module)
    except (ImproperlyConfigured, OSError, ValueError) as error:
        return error
    return None


def _loaded(module: str) -> ModuleType | None:
    return sys.modules.get(module) if _refusal(module) is None else None
