"""Where an address is, by a GeoIP database of the operator's own. Nobody is asked over the network."""

import logging
from functools import lru_cache

from django.conf import settings
from geoip2.database import Reader
from geoip2.errors import AddressNotFoundError
from maxminddb import InvalidDatabaseError

log = logging.getLogger(__name__)


def place_of(address: str | None) -> str:
    """ "Riga, Latvia", or the country alone where the database knows no more; "" where it knows nothing, or there is none."""
    reader = _reader(settings.GEOIP_PATH) if settings.GEOIP_PATH else None
    if reader is None or address is None:
        return ""
    try:
        return ", ".join(name for name in _names(reader, address) if name)
    except (AddressNotFoundError, InvalidDatabaseError, ValueError):
        return ""


def _names(reader: Reader, address: str) -> tuple[str | None, ...]:
    if "City" in reader.metadata().database_type:
        found = reader.city(address)
        return found.city.name, found.country.name
    return (reader.country(address).country.name,)


@lru_cache(maxsize=1)
def _reader(path: str) -> Reader | None:
    """Opened once: a newer database is read by a process that starts after it came."""
    try:
        reader = Reader(path)
        reader.metadata()
    except (OSError, InvalidDatabaseError) as error:
        log.warning("the GeoIP database %s cannot be read, so mails name no place: %s", path, error)
        return None
    return reader
