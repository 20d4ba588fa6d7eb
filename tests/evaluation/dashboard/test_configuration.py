"""The settings of the installation on a page: values and sources for whoever runs it, secrets for nobody."""

from typing import Any

import pytest
from django.test import Client

from evaluation.dashboard.system.configuration import lines
from tenants import runtime, variables
from tenants.models import AuditEvent, Organization, RuntimeSetting, User
from tests.analytics.dashboard.test_pages import Words
from tests.conftest import Browser

pytestmark = pytest.mark.django_db
PAGE = "/system/settings/"
SECRET = "hunter2-never-shown"
IN_URLS = {
    "DATABASE_URL": f"postgresql://flagforge:{SECRET}@db.example.com:5432/flags?sslpassword={SECRET}&sslmode=require",
    "REDIS_URL": f"rediss://:{SECRET}@redis.example.com/0",
    "EMAIL_URL": f"smtp+tls://sender:{SECRET}@mail.example.com",
    "STORAGE_URL": f"s3://{SECRET}:{SECRET}@bucket/folder?endpoint=https://s3.example.com",
}


@pytest.fixture
def root(browser: Browser) -> Client:
    client: Client = browser(User.objects.create_superuser("root@example.com", "correct horse battery staple"))
    return client


def test_nobody_else_learns_that_it_is_there(browser: Browser, alice: User, acme: Organization) -> None:
    assert browser(alice).get(PAGE).status_code == 404
    assert browser(alice).post(PAGE, {"limits.projects": "1"}).status_code == 404
    assert Client().get(PAGE).status_code == 302
    assert not RuntimeSetting.objects.exists()


def test_no_secret_is_shown_wherever_it_stands(root: Client, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    telling = [name for name in variables.known() if variables.is_secret(name)]
    for name in telling:
        monkeypatch.setenv(name, SECRET)
    for name, url in IN_URLS.items():
        monkeypatch.setenv(name, url)

    answer: Any = root.get(PAGE)
    page = answer.content.decode()

    assert {"FLAGFORGE_SECRET_KEY", "FLAGFORGE_ENVELOPE_KEY", "FLAGFORGE_RELAY_KEY", "FLAGFORGE_OIDC_SECRET"} < {
        *telling
    }
    assert SECRET not in page
    assert settings.SECRET_KEY not in page
    assert "postgresql://flagforge:••••••@db.example.com:5432/flags" in page
    assert "s3://••••••:••••••@bucket/folder" in page


def test_a_url_that_cannot_be_read_is_masked_whole() -> None:
    assert variables.shown("DATABASE_URL", f"postgresql://a:{SECRET}@[::1/x") == variables.MASK


def test_each_value_has_its_source(settings: Any) -> None:
    (settings.DATA / "secret_key").touch()

    found = {line.name: line for line in lines({"FLAGFORGE_PORT": "9000"})}

    assert (found["FLAGFORGE_PORT"].value, found["FLAGFORGE_PORT"].source) == ("9000", "environment")
    assert (found["FLAGFORGE_RELAY_PORT"].value, found["FLAGFORGE_RELAY_PORT"].source) == ("8100", "default")
    assert (found["FLAGFORGE_SECRET_KEY"].value, found["FLAGFORGE_SECRET_KEY"].source) == ("••••••", "file secret_key")
    assert "FLAGFORGE_PYTHON" not in found


def test_what_is_changed_is_in_force_written_down_and_told_apart_from_a_file(root: Client) -> None:
    RuntimeSetting.objects.create(name="experiment_days", value=20, is_from_file=True)
    form = {"limits.projects": "5", "experiment_days": "20", "comment": "too many"}

    assert root.post(PAGE, form).status_code == 302

    runtime.load()
    assert runtime.number("limits.projects") == 5
    events = AuditEvent.objects.filter(verb="runtime_setting.changed")
    assert [(event.object_name, event.comment) for event in events] == [("limits.projects", "too many")]
    answer: Any = root.get(PAGE)
    page = str(Words(answer.content.decode()))
    assert "limits.projects 5 run time" in page
    assert "experiment_days 20 file" in page
    assert "telemetry_days 14 environment" in page


def test_nonsense_stays_in_the_form_with_what_is_allowed(root: Client) -> None:
    answer: Any = root.post(PAGE, {"limits.projects": "many"})

    assert answer.status_code == 422
    assert "Write a whole number from 0 to 10,000,000." in answer.content.decode()
    assert not RuntimeSetting.objects.exists()
