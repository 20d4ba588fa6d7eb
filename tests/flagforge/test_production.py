"""A production server does not start with what was never chosen: one test per refusal."""

import base64
import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from flagforge import settings as package
from flagforge.settings import base
from tests.tenants.signing_in.test_policies import PRODUCTION

BASE, NAME = "flagforge.settings.base", "flagforge.settings.production"
MUST = [name for name in PRODUCTION if name != "DJANGO_SETTINGS_MODULE"]


def started(monkeypatch: pytest.MonkeyPatch, data: Path, **variables: str) -> Any:
    """The settings that a fresh process would read; all there was is put back after the test."""
    for name, value in {**PRODUCTION, "FLAGFORGE_DATA": str(data), **variables}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(package, "base", base)
    for module in (BASE, NAME):
        monkeypatch.delitem(sys.modules, module, raising=False)
    return importlib.import_module(NAME)


def test_what_was_chosen_starts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = started(monkeypatch, tmp_path)

    assert settings.SECURE_HSTS_SECONDS >= 31_536_000
    assert settings.SESSION_COOKIE_SECURE
    assert settings.CSRF_COOKIE_SECURE
    assert not settings.DEBUG
    assert not settings.SHOWS_DESIGN


@pytest.mark.parametrize("name", MUST)
def test_what_must_be_chosen_is_named(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"{name}.* must be set in production"):
        started(monkeypatch, tmp_path, **{name: ""})


def test_a_file_stands_for_the_envelope_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(PRODUCTION["FLAGFORGE_ENVELOPE_KEY"])

    settings = started(monkeypatch, tmp_path, FLAGFORGE_ENVELOPE_KEY="", FLAGFORGE_ENVELOPE_KEY_FILE=str(file))

    assert len(settings.ENVELOPE_KEYS) == 1


GOOD = PRODUCTION["FLAGFORGE_ENVELOPE_KEY"]
ZEROS = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("FLAGFORGE_DEBUG", "1", "never in production"),
        ("FLAGFORGE_PUBLIC_URL", "http://flags.example.com", "must begin with https://"),
        ("FLAGFORGE_HOSTS", "flags.example.com,*", "must name the hosts"),
        ("FLAGFORGE_SECRET_KEY", "x" * 64, "FLAGFORGE_SECRET_KEY can be guessed"),
        ("FLAGFORGE_SECRET_KEY", f"django-insecure-{GOOD}", "FLAGFORGE_SECRET_KEY can be guessed"),
        ("FLAGFORGE_SECRET_KEY", f"change-me-before-you-start-{GOOD}", "FLAGFORGE_SECRET_KEY can be guessed"),
        ("FLAGFORGE_ENVELOPE_KEY", ZEROS, "FLAGFORGE_ENVELOPE_KEY can be guessed"),
        ("FLAGFORGE_ENVELOPE_KEY", f"{GOOD},{ZEROS}", "FLAGFORGE_ENVELOPE_KEY can be guessed"),
    ],
)
def test_a_default_is_refused_and_not_quoted(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(ImproperlyConfigured, match=said) as refused:
        started(monkeypatch, tmp_path, **{name: value})

    assert value not in str(refused.value)
