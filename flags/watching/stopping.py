"""The address that ends mails about watched flags with one click: signed, so that it needs no login (RFC 8058)."""

from django.core import signing
from django.urls import reverse

from tenants.letters import absolute
from tenants.models import User

SALT = "no more of watched flags"


def address_to_stop(person: User) -> str:
    """It holds for ever: all that it can do is to end mails."""
    return absolute(reverse("flags:stop_watching_mails", args=[signing.dumps(person.pk, salt=SALT)]))


def person_of(secret: str) -> User | None:
    """Whose address it is; None when it was not made here, or its person's account is gone."""
    try:
        pk = signing.loads(secret, salt=SALT)
    except signing.BadSignature:
        return None
    return User.objects.filter(pk=pk, is_active=True).first()
