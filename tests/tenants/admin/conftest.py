"""Browsers of the cast, logged in."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tenants.models import Organization, User

# Answers of the test client have a context that its types leave out.
Browser = Callable[[User], Any]


@pytest.fixture
def browser() -> Browser:
    """A browser in which somebody is logged in."""

    def of(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return of


@pytest.fixture
def root(acme: Organization) -> User:
    """A superuser, member of nothing."""
    user: User = User.objects.create_superuser("root@example.com", "correct horse battery staple")
    return user
