"""Mails about an account: a new device, sign-ins and sign-outs where they are wanted, and what "This was not me" does."""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone

from tenants import outgoing_mail, services
from tenants.actors import Actor
from tenants.models import AuditEvent, KnownDevice, Mail, User
from tenants.permissions import NotAllowed, actor_of
from tests.conftest import PASSWORD, Browser
from tests.tenants.conftest import Postbox, body_of
from tests.tenants.test_geography import CITIES, IN_LONDON

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
NEW_PASSWORD = "quite another password"


@pytest.fixture
def mona(a_user: Any) -> User:
    """Has had her account for a while, and has confirmed her address."""
    mona: User = a_user("Mona")
    EmailAddress.objects.create(user=mona, email=mona.email, verified=True, primary=True)
    User.objects.filter(pk=mona.pk).update(date_joined=timezone.now() - timedelta(days=30))
    mona.refresh_from_db()
    return mona


def sign_in(user: User, client: Client | None = None, password: str = PASSWORD) -> Client:
    client = client or Client(headers={"User-Agent": FIREFOX}, REMOTE_ADDR=IN_LONDON)
    client.post("/accounts/login/", {"login": user.email, "password": password})
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/organizations/").status_code == 200


def wants(user: User, *, sign_ins: bool = False, sign_outs: bool = False, new_devices: bool = True) -> None:
    services.choose_notices(user, new_devices=new_devices, sign_ins=sign_ins, sign_outs=sign_outs, actor=actor_of(user))


def subjects(postbox: Postbox) -> list[str]:
    outgoing_mail.send_due()
    return [str(said["Subject"]) for _, said in postbox.messages]


NEW_DEVICE = "A new device signed in to your account"
SIGN_IN = "Somebody signed in to your account"
SIGN_OUT = "Somebody signed out of your account"


def test_a_new_device_is_told_of_with_when_how_and_from_where(mona: User, postbox: Postbox, settings: Any) -> None:
    settings.GEOIP_PATH = str(CITIES)
    sign_in(mona)

    assert subjects(postbox) == [NEW_DEVICE]
    recipients, said = postbox.messages[0]
    text, html = body_of(said, "plain"), body_of(said, "html")
    assert recipients == [mona.email]
    for body in (text, html):
        for fact in ("mona@example.com", "Firefox on Linux", IN_LONDON, "London, United Kingdom", "UTC"):
            assert fact in body
        assert "/accounts/not-me/" in body
        assert "/accounts/notices/" in body
    assert "<table" in html
    assert "<" not in text


def test_a_device_is_new_once(mona: User, postbox: Postbox) -> None:
    client = sign_in(mona)
    client.post("/accounts/logout/")
    sign_in(mona, client)

    assert subjects(postbox) == [NEW_DEVICE]
    cookie = client.cookies["flagforge_device"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert int(cookie["max-age"]) > 300 * 24 * 3600
    sign_in(mona)
    assert subjects(postbox) == [NEW_DEVICE, NEW_DEVICE]


def test_a_cookie_that_somebody_made_up_is_no_known_device(mona: User, postbox: Postbox) -> None:
    known = sign_in(mona).cookies["flagforge_device"].value
    forger = Client()
    forger.cookies["flagforge_device"] = known.partition(":")[0] + ":1u:forged"
    sign_in(mona, forger)

    assert subjects(postbox) == [NEW_DEVICE, NEW_DEVICE]


def test_a_device_of_one_person_is_new_to_another(mona: User, charlie: User, postbox: Postbox) -> None:
    EmailAddress.objects.create(user=charlie, email=charlie.email, verified=True, primary=True)
    User.objects.filter(pk=charlie.pk).update(date_joined=timezone.now() - timedelta(days=30))
    client = sign_in(mona)
    client.post("/accounts/logout/")
    sign_in(charlie, client)

    outgoing_mail.send_due()
    assert [recipients for recipients, _ in postbox.messages] == [[mona.email], [charlie.email]]


def test_whoever_has_just_signed_up_is_told_nothing(verified: User, postbox: Postbox) -> None:
    sign_in(verified)

    assert subjects(postbox) == []
    assert KnownDevice.objects.filter(user=verified).count() == 1
    sign_in(verified)
    assert subjects(postbox) == [NEW_DEVICE]


def test_of_many_devices_the_newest_are_remembered(mona: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenants.devices.MOST_KNOWN", 2)
    clients = [sign_in(mona) for _ in range(3)]

    assert KnownDevice.objects.filter(user=mona).count() == 2
    clients[2].post("/accounts/logout/")
    sign_in(mona, clients[2])
    assert KnownDevice.objects.filter(user=mona).count() == 2


def test_each_sign_in_and_sign_out_is_told_of_where_that_is_wanted(mona: User, postbox: Postbox) -> None:
    wants(mona, sign_ins=True, sign_outs=True)
    client = sign_in(mona)
    client.post("/accounts/logout/")
    sign_in(mona, client)

    assert subjects(postbox) == [NEW_DEVICE, SIGN_OUT, SIGN_IN]


def test_nothing_is_told_to_whoever_wants_nothing(mona: User, postbox: Postbox) -> None:
    wants(mona, new_devices=False)
    sign_in(mona).post("/accounts/logout/")

    assert subjects(postbox) == []


def test_a_browsers_own_words_are_not_passed_on(mona: User, postbox: Postbox) -> None:
    sign_in(mona, Client(headers={"User-Agent": "Locked! Call evil.example"}))

    outgoing_mail.send_due()
    text = postbox.mails[0][1]
    assert "evil" not in text
    assert "an unknown browser, or a program" in text


def test_a_login_that_repeats_itself_fills_no_mailbox(mona: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenants.notices.MOST_AN_HOUR", 2)
    for _ in range(4):
        sign_in(mona)

    first, second = Mail.objects.order_by("id")
    assert "last mail of its kind for an hour" not in first.text
    assert "last mail of its kind for an hour" in second.text
    Mail.objects.update(created_at=timezone.now() - timedelta(hours=2))
    sign_in(mona)
    assert Mail.objects.count() == 3


def link_of(postbox: Postbox, user: User) -> str:
    outgoing_mail.send_due()
    return postbox.link_to(user.email)


def test_looking_at_the_link_changes_nothing(mona: User, postbox: Postbox) -> None:
    client = sign_in(mona)

    page = Client().get(link_of(postbox, mona)).content.decode()

    assert "Sign everybody out" in page
    assert mona.email in page
    assert is_signed_in(client)


def test_whoever_says_it_was_not_them_ends_every_session_and_chooses_a_new_password(
    mona: User, postbox: Postbox
) -> None:
    thief, owner = sign_in(mona), Client()
    leads_to = owner.post(link_of(postbox, mona))["Location"]

    assert not is_signed_in(thief)
    assert not is_signed_in(sign_in(mona))
    assert re.match(r"/accounts/password/reset/key/", leads_to)
    owner.post(owner.get(leads_to)["Location"], {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    assert is_signed_in(sign_in(mona, password=NEW_PASSWORD))
    event = AuditEvent.objects.get(verb="user.sign_in_disowned")
    assert (event.actor_id, event.object_id, event.ip) == (mona.pk, mona.pk, "127.0.0.1")


def test_after_that_every_device_is_a_new_one(mona: User, postbox: Postbox) -> None:
    client = sign_in(mona)
    owner = Client()
    leads_to = owner.post(link_of(postbox, mona))["Location"]
    owner.post(owner.get(leads_to)["Location"], {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    sign_in(mona, client, NEW_PASSWORD)

    assert subjects(postbox).count(NEW_DEVICE) == 2


def test_the_link_works_once(mona: User, postbox: Postbox) -> None:
    sign_in(mona)
    link = link_of(postbox, mona)
    Client().post(link)
    mona.refresh_from_db()
    password = mona.password

    assert Client().post(link).status_code == 404
    mona.refresh_from_db()
    assert mona.password == password


def test_a_link_that_was_made_up_or_is_old_leads_nowhere(
    mona: User, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(mona)
    link = link_of(postbox, mona)
    assert Client().post(f"{link[:-4]}abc/").status_code == 404
    monkeypatch.setattr("tenants.notices.LINK_HOLDS", timedelta(seconds=-1))

    assert Client().post(link).status_code == 404
    assert is_signed_in(client)


def test_the_link_of_a_deleted_account_leads_nowhere(mona: User, postbox: Postbox) -> None:
    sign_in(mona)
    link = link_of(postbox, mona)
    services.delete_account(mona, actor=actor_of(mona))

    assert Client().get(link).status_code == 404
    assert not Mail.objects.exists()
    assert not KnownDevice.objects.exists()


def test_whoever_has_no_password_is_led_to_the_login(mona: User, postbox: Postbox) -> None:
    sign_in(mona)
    link = link_of(postbox, mona)
    mona.set_unusable_password()
    mona.save()

    assert Client().post(link)["Location"] == "/accounts/login/"


def test_people_choose_on_a_page(browser: Browser, bob: User) -> None:
    client = browser(bob)
    page = client.get("/accounts/notices/").content.decode()
    assert re.search(r'name="new_devices"[^>]* checked', page)

    of_watching = {
        "watched_flags": bob.hears_of_watched_flags,
        "digest_hour": bob.digest_hour,
        "digest_day": bob.digest_day,
        "time_zone": bob.time_zone,
    }
    answer = client.post("/accounts/notices/", {"sign_outs": "on", "stale_flags": "on"} | of_watching, follow=True)

    bob.refresh_from_db()
    assert (bob.hears_of_new_devices, bob.hears_of_sign_ins, bob.hears_of_sign_outs) == (False, False, True)
    assert "Saved." in answer.content.decode()
    assert AuditEvent.objects.get(verb="user.notices_chosen").after == {
        "hears_of_new_devices": False,
        "hears_of_sign_outs": True,
    }


def test_nobody_chooses_for_somebody_else(as_ada: Actor, bob: User) -> None:
    with pytest.raises(NotAllowed, match="people choose their own mails only"):
        services.choose_notices(bob, new_devices=False, sign_ins=False, sign_outs=False, actor=as_ada)
