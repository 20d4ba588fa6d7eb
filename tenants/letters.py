"""What a mail of ours says, and how that reads as text and looks as HTML."""

from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string


@dataclass(frozen=True, slots=True)
class Matter:
    """One of several things that a mail is about; `links` are words and where they lead."""

    name: str
    text: str
    links: tuple[tuple[str, str], ...] = ()
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """`lead` says what happened; `facts` are names and values; `action` is a button that leads to `address`.

    `unsubscribe` is where one click ends mails of this kind (RFC 8058), "" for those that nobody chooses.
    """

    subject: str
    lead: str
    facts: tuple[tuple[str, str], ...] = ()
    action: str = ""
    address: str = ""
    foot: str = ""
    matters: tuple[Matter, ...] = ()
    unsubscribe: str = ""

    @property
    def text(self) -> str:
        return render_to_string("tenants/letter.txt", {"letter": self})

    @property
    def html(self) -> str:
        return render_to_string("tenants/letter.html", {"letter": self})


def absolute(path: str) -> str:
    """The address of a page of ours, as a mail names it."""
    return settings.PUBLIC_URL.rstrip("/") + path
