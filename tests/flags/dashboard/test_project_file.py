"""A project as a file on the pages: downloaded, looked at, and brought in."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from flags.models import Flag
from tenants.models import Environment, User
from tests.conftest import Browser
from tests.tenants.dashboard.conftest import SHOP

pytestmark = pytest.mark.django_db
PAGE = f"{SHOP}file/"


def uploaded(content: Any) -> dict[str, Any]:
    return {
        "file": SimpleUploadedFile("shop.json", content if isinstance(content, bytes) else json.dumps(content).encode())
    }


def test_downloaded_shown_and_then_done(checkout: Flag, production: Environment, browser: Browser, ada: User) -> None:
    client = browser(ada)
    document = json.loads(client.get(f"{PAGE}download/").content)
    document["flags"].append(
        {"key": "new", "description": "Schön </script>", "states": {"production": {"enabled": True}}}
    )

    shown = client.post(PAGE, uploaded(document))
    assert "1 flag made, 1 left as they are" in shown.content.decode()
    assert not Flag.objects.filter(key="new").exists()
    done = client.post(PAGE, {"held": shown.context["held"], "comment": "From Git"}, follow=True)

    assert (
        "Imported: 1 environment left as they are; 1 flag made, 1 left as they are; 1 state made."
        in done.content.decode()
    )
    assert Flag.objects.get(key="new").description == "Schön </script>"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "It is not JSON"),
        (b"{}", "this is no file of a project"),
        (b" " * 1_000_001, "it has 1,000,001 bytes, and may have 1,000,000"),
        (None, "Choose a file"),
    ],
)
def test_what_is_no_file_of_a_project_is_said(
    production: Environment, browser: Browser, ada: User, content: Any, said: str
) -> None:
    answer = browser(ada).post(PAGE, uploaded(content) if content else {})

    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_others_do_not_bring_in(production: Environment, browser: Browser, bob: User, charlie: User) -> None:
    held = json.dumps(
        {"format": "flagforge-project-1", "project": {"key": "a", "name": "A"}, "environments": [], "segments": []}
        | {"flags": [{"key": "new"}]}
    )

    assert "takes the role admin" in browser(bob).get(PAGE).content.decode()
    assert browser(bob).post(PAGE, {"held": held}).status_code == 403
    for answer in (browser(charlie).get(f"{PAGE}download/"), browser(charlie).post(PAGE, {"held": held})):
        assert answer.status_code == 404
    assert not Flag.objects.exists()
