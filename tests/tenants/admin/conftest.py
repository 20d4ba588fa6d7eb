"""Whom only the admin knows."""

import pytest

from tenants.models import Organization, User


@pytest.fixture
def root(acme: Organization) -> User:
    """A superuser, member of nothing."""
    user: User = User.objects.create_superuser("root@example.com", "correct horse battery staple")
    return user
