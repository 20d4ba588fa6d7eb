"""The place of an address, from MaxMind's databases for tests; without one, and with a broken one, no place is named."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tenants import geography
from tenants.geography import place_of

FOLDER = Path(__file__).parent / "geoip"
CITIES, COUNTRIES = FOLDER / "GeoIP2-City-Test.mmdb", FOLDER / "GeoIP2-Country-Test.mmdb"
IN_LONDON, IN_NO_CITY, NOWHERE = "81.2.69.142", "2001:218::1", "127.0.0.1"


@pytest.fixture(autouse=True)
def opened_anew() -> Iterator[None]:
    geography._reader.cache_clear()
    yield
    geography._reader.cache_clear()


def test_a_city_is_named_with_its_country(settings: Any) -> None:
    settings.GEOIP_PATH = str(CITIES)

    assert place_of(IN_LONDON) == "London, United Kingdom"
    assert place_of(IN_NO_CITY) == "Japan"


def test_a_database_of_countries_names_the_country(settings: Any) -> None:
    settings.GEOIP_PATH = str(COUNTRIES)

    assert place_of(IN_LONDON) == "United Kingdom"


@pytest.mark.parametrize("address", [NOWHERE, None, "no address"])
def test_what_it_does_not_know_is_nowhere(address: str | None, settings: Any) -> None:
    settings.GEOIP_PATH = str(CITIES)

    assert place_of(address) == ""


def test_without_a_database_no_place_is_named(settings: Any) -> None:
    settings.GEOIP_PATH = ""

    assert place_of(IN_LONDON) == ""


@pytest.mark.parametrize("content", [b"", b"no database", None])
def test_a_broken_database_costs_the_place_alone(content: bytes | None, settings: Any, tmp_path: Path) -> None:
    file = tmp_path / "places.mmdb"
    if content is not None:
        file.write_bytes(content)
    settings.GEOIP_PATH = str(file)

    assert place_of(IN_LONDON) == ""
