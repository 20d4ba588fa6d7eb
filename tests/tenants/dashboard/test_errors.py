"""The pages of errors: in our look, saying what to do, and nothing of any tenant."""

import pytest
from django.test import Client, RequestFactory
from django.views.defaults import server_error

from tenants.models import User

pytestmark = pytest.mark.django_db


def test_what_is_not_there_leads_back(client: Client) -> None:
    answer = client.get("/nowhere/")

    assert answer.status_code == 404
    assert "There is no such page, or you may not see it." in answer.content.decode()
    assert 'href="/"' in answer.content.decode()


def test_a_form_that_is_out_of_date_says_so(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")

    answer = client.post("/organizations/", {"name": "x"})

    assert answer.status_code == 403
    assert "That form is out of date" in answer.content.decode()


def test_our_own_faults_need_no_context() -> None:
    answer = server_error(RequestFactory().get("/"))

    assert answer.status_code == 500
    assert "Something broke on our side" in answer.content.decode()
