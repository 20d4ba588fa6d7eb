"""A server keeps its connections to PostgreSQL from one request to the next: making one takes longer than most requests."""

import httpx
import pytest
from django.db import connection

from tenants.actors import Actor
from tenants.models import Project
from tenants.roles import Role
from tenants.services import create_api_key
from tests.journeys.conftest import Serve

pytestmark = pytest.mark.postgresql


def resting_after(asked: str) -> set[int]:
    """The connections whose last question was of such words, and which are still there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle' AND query LIKE %s",
            [f"%{asked}%"],
        )
        return {pid for (pid,) in cursor.fetchall()}


def test_what_one_request_asked_by_waits_for_the_next(serve: Serve, shop: Project, system: Actor) -> None:
    _, token = create_api_key(kind="token", scope=shop, name="ci", role=Role.ADMIN, actor=system)
    server = serve()
    address = f"{server.url}/api/v1/organizations/{shop.organization.slug}/projects/"
    with httpx.Client(headers={"Authorization": f"Bearer {token}"}) as client:
        client.get(address).raise_for_status()
        kept = resting_after('FROM "tenants_project"')
        client.get(address).raise_for_status()

    assert kept
    assert kept & resting_after('FROM "tenants_project"')
