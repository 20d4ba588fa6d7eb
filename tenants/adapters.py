"""How allauth's pages speak to us: a sign-up goes through the same service as every other registration."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect

from tenants.actors import Actor
from tenants.addresses import address_of
from tenants.models import User
from tenants.problems import Conflict
from tenants.services.users import enter
from tenants.tries import tried_too_often

TRIED_TOO_OFTEN = ("too_many_login_attempts", "rate_limited")


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    def clean_email(self, email: str) -> str:
        return str(super().clean_email(email)).lower()

    def get_client_ip(self, request: HttpRequest) -> str:
        """For its limits and its list of sessions: the same as everywhere."""
        return address_of(request) or "0.0.0.0"  # noqa: S104  (whoever comes by a Unix socket has none)

    def validation_error(self, code: str, *args: Any) -> Exception:
        """Too many tries are no fault of a form, but an answer of their own."""
        if code in TRIED_TOO_OFTEN:
            raise ImmediateHttpResponse(tried_too_often(self.request, minutes=5))
        error: Exception = super().validation_error(code, *args)
        return error

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        user = super().save_user(request, user, form, commit=False)
        return entered(request, user) if commit else user


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Some providers write their truth as a text, in which "false" would count as true."""
        for address in sociallogin.email_addresses:
            address.verified = address.verified in (True, "true")

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> User:
        """Without a form where the provider vouches for the address; it is entered before allauth saves what belongs to it."""
        if form is None:
            sociallogin.user.set_unusable_password()
            entered(request, sociallogin.user)
        saved: User = super().save_user(request, sociallogin, form)
        return saved


def entered(request: HttpRequest, user: User) -> User:
    try:
        return enter(user, actor=Actor.anonymous())
    except Conflict as conflict:  # the address was free when it was checked: somebody was quicker
        messages.error(request, f"There is an account for {user.email} already: sign in with its password.")
        raise ImmediateHttpResponse(redirect("account_login")) from conflict
