"""The playground's page as a browser without a script asks for it."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from flags import demo
from tenants.models import User

SHOP = "/organizations/acme/projects/shop/playground/"
Play = Callable[..., "Played"]


class Played:
    """An answer, as a tree of texts that is flat enough to look into."""

    def __init__(self, answer: Any) -> None:
        self.status = answer.status_code
        self.location = answer.headers.get("Location", "")
        self.address = answer.headers.get("HX-Replace-Url", "")
        self.leads_to = answer.headers.get("HX-Redirect", "")
        self.html = answer.content.decode()

    def row(self, flag: str) -> list[str]:
        """The words of each cell."""
        row = next(row for row in re.findall(r"<tr>.*?</tr>", self.html, re.DOTALL) if f">{flag}</code>" in row)
        return [words(cell) for cell in re.findall(r"<td>.*?</td>", row, re.DOTALL)]

    def flags(self) -> list[str]:
        return re.findall(r'<th scope="row"><code class="truncate">(.*?)</code>', self.html)

    def of(self, thing: str) -> str:
        """The words of the element with this id, up to its section's end."""
        return words(re.split(r"</(?:section|aside)>", self.html.split(f'id="{thing}"', 1)[1].partition(">")[2])[0])

    @property
    def trace(self) -> str:
        return words(self.html.split('id="trace"', 1)[1].partition(">")[2].partition("</aside>")[0])


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split()).replace(" ,", ",")


@pytest.fixture
def play(client: Client) -> Play:
    """Asks as somebody: `play(vera, context='{"country": "IN"}', cell="production/0/checkout")`."""

    def ask(
        user: User | None = None, path: str = SHOP, *, method: str = "get", part: str | None = None, **typed: Any
    ) -> Played:
        if user is not None:
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        query = {"as" if name == "side" else name: value for name, value in typed.items()}
        headers = {"HX-Request": "true", "HX-Target": part} if part is not None else {}
        return Played(getattr(client, method)(path, query, headers=headers))

    return ask


@pytest.fixture
def visitor(db: None, settings: Settings, tmp_path: Path) -> User:
    """The owner of the seeded demo."""
    settings.DATA = tmp_path
    demo.seed()
    owner: User = User.objects.get(email=demo.EMAIL)
    return owner
