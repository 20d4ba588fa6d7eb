"""What allauth did to somebody's account, as it tells by its signals: into the audit, into mails, and what follows at once."""

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from allauth.socialaccount import signals as social
from allauth.usersessions.internal.flows.sessions import end_other_sessions
from django.db import transaction
from django.http import HttpRequest

from tenants import audit, notices
from tenants.acting import acting
from tenants.mfa_policy import FACTORS
from tenants.models import User


def listen() -> None:
    """Begin to hear; called once, when the apps are ready."""
    mfa.authenticator_added.connect(_factor_added)
    mfa.authenticator_removed.connect(_factor_removed)
    mfa.authenticator_reset.connect(_codes_replaced)
    account.user_logged_in.connect(_signed_in)
    account.user_logged_out.connect(_signed_out)
    account.password_changed.connect(_password_changed)
    account.password_set.connect(_password_changed)
    account.password_reset.connect(_password_changed)
    account.email_changed.connect(_address_changed)
    social.social_account_added.connect(_provider_linked)
    social.social_account_removed.connect(_provider_unlinked)


def _signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    notices.signed_in(request, user)


def _signed_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        notices.signed_out(request, user)


def _factor_added(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    """Sessions that began before the first one showed the password alone, so they end."""
    _record(request, "user.second_factor_added", user, {"kind": authenticator.type})
    is_first = Authenticator.objects.filter(user=user, type__in=FACTORS).count() == 1
    if authenticator.type in FACTORS and is_first:
        end_other_sessions(request, user)


def _factor_removed(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    _record(request, "user.second_factor_removed", user, {"kind": authenticator.type})


def _codes_replaced(request: HttpRequest, user: User, **_: Any) -> None:
    _record(request, "user.recovery_codes_replaced", user)


def _password_changed(request: HttpRequest, user: User, **_: Any) -> None:
    _record(request, "user.password_changed", user)


def _address_changed(request: HttpRequest, user: User, to_email_address: Any, **_: Any) -> None:
    _record(request, "user.address_changed", user, {"email": to_email_address.email})


def _provider_linked(request: HttpRequest, sociallogin: Any, **_: Any) -> None:
    _record(request, "user.provider_linked", sociallogin.user, {"provider": sociallogin.account.provider})


def _provider_unlinked(request: HttpRequest, socialaccount: Any, **_: Any) -> None:
    _record(request, "user.provider_unlinked", socialaccount.user, {"provider": socialaccount.provider})


def _record(request: HttpRequest, verb: str, user: User, after: Any = None) -> None:
    with transaction.atomic():
        audit.record(acting(request), verb, user, None, after)
