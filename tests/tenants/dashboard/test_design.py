"""`/design/`: every colour and distance is on it, and in production it is nowhere."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client


def test_the_design_page_shows_every_colour_and_every_distance(client: Client) -> None:
    tokens = Path(str(finders.find("tenants/tokens.css"))).read_text()

    page = client.get("/design/").content.decode()

    for name in re.findall(r"--([a-z0-9-]+): light-dark\(#|--(s\d):", tokens):
        assert page.count(f'"var(--{"".join(name)})"') >= 2


@pytest.mark.django_db
def test_the_design_page_is_nowhere_in_production(client: Client, settings: Any) -> None:
    settings.SHOWS_DESIGN = False

    assert client.get("/design/").status_code == 404
