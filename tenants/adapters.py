"""How allauth's pages speak to us: a sign-up goes through the same service as every other registration."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import redirect

from tenants.actors import Actor
from tenants.models import User
from tenants.problems import Conflict
from tenants.services.users import enter


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    def clean_email(self, email: str) -> str:
        """A deleted person's address stays reserved; allauth itself looks at living people only."""
        cleaned: str = super().clean_email(email).lower()
        if User.with_deleted.filter(email=cleaned, deleted_at__isnull=False).exists():
            raise ValidationError("The account with this address was deleted and can still come back. Use another.")
        return cleaned

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        user = super().save_user(request, user, form, commit=False)
        if not commit:
            return user
        try:
            return enter(user, actor=Actor.anonymous())
        except Conflict as conflict:  # the form was right when it was checked: somebody was quicker
            messages.error(request, f"An account for {user.email} was made in this moment: log in with its password.")
            raise ImmediateHttpResponse(redirect("account_login")) from conflict
