"""What is reached over the network: the mail server, the public address and its certificate."""

import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.core import mail

from evaluation.delivery import traces
from flagforge.doctor.findings import Finding, fault, ok, warning

SECONDS = 5.0
# A certificate that is renewed by itself is so a month before its end.
CERTIFICATE_DAYS = (3, 14)


def mail_server() -> Iterator[Finding]:
    if not settings.EMAIL_URL:
        said = f"Without EMAIL_URL mails are files in {settings.EMAIL_FILE_PATH}."
        is_open = settings.SESSION_COOKIE_SECURE
        yield (
            warning("mail", said, "Set EMAIL_URL: invitations and alerts reach nobody.")
            if is_open
            else ok("mail", said)
        )
        return
    server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    connection = mail.get_connection(
        "django.core.mail.backends.smtp.EmailBackend", timeout=int(SECONDS), fail_silently=False
    )
    try:
        connection.open()
    except Exception as error:  # smtplib, ssl and sockets each have their own
        mend = "Start it, or correct EMAIL_URL: host, port, user, password, smtp+tls or smtps."
        yield fault("mail", f"{server} takes no mail ({type(error).__name__}: {error}).", mend)
        return
    connection.close()
    yield ok("mail", f"{server} lets us in.")


def public_address() -> Iterator[Finding]:
    """Whether whoever follows a link in a mail would reach us."""
    address = f"{settings.PUBLIC_URL}/livez"
    try:
        answer = httpx.get(address, timeout=SECONDS)
    except httpx.HTTPError as error:
        said, mend = (
            f"{address} does not answer ({error}).",
            "Start `python -m flagforge.serve`, and what stands before it.",
        )
        is_chosen = f"http://127.0.0.1:{settings.PORT}" != settings.PUBLIC_URL
        yield (fault if is_chosen else warning)("public address", said, mend)
        return
    if answer.status_code == httpx.codes.OK:
        yield ok("public address", f"{address} answers.")
    else:
        said = f"{address} answers {answer.status_code}."
        yield fault("public address", said, "See that FLAGFORGE_PUBLIC_URL leads to a control plane.")


def certificate() -> Iterator[Finding]:
    parts = urlsplit(settings.PUBLIC_URL)
    if parts.scheme != "https" or not parts.hostname:
        return
    try:
        ends = _end_of_certificate(parts.hostname, parts.port or 443)
    except ssl.SSLError as error:
        said = f"That of {parts.hostname} is not believed ({error.reason or error})."
        yield fault(
            "certificate", said, "Install one for this name, with its chain, from an authority that browsers know."
        )
        return
    except OSError:
        return  # `public_address` has said so
    days = (ends - datetime.now(UTC)).days
    said, mend = f"That of {parts.hostname} ends in {days} days.", "Renew it, and see why it is not renewed by itself."
    least, enough = CERTIFICATE_DAYS
    yield (
        fault("certificate", said, mend)
        if days < least
        else warning("certificate", said, mend)
        if days < enough
        else ok("certificate", said)
    )


def collector() -> Iterator[Finding]:
    """Whether anybody takes connections where traces are sent to."""
    endpoint = traces.endpoint_of(os.environ)
    if not endpoint:
        yield ok("traces", f"Without {traces.ENDPOINT} none are sent.")
        return
    parts = urlsplit(endpoint)
    try:
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        socket.create_connection((host, port), timeout=SECONDS).close()
    except (OSError, ValueError) as error:
        said = f"No collector takes them: {parts.hostname} cannot be reached ({type(error).__name__}: {error})."
        yield warning(
            "traces",
            said,
            f"Start it, or correct {traces.ENDPOINT}. Traces are dropped until then, and nothing else is.",
        )
        return
    told = ", ".join(name for name in traces.STANDARD if os.environ.get(name))
    yield ok("traces", f"They go to {host}:{port}" + (f", with {told} set." if told else "."))


def _end_of_certificate(host: str, port: int) -> datetime:
    context = ssl.create_default_context()
    plain = socket.create_connection((host, port), timeout=SECONDS)
    with closing(plain), context.wrap_socket(plain, server_hostname=host) as secured:
        found = secured.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(found["notAfter"])), UTC)
