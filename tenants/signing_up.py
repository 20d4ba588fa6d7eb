"""The forms to sign up, which tell nobody but the mailbox whether its address has an account."""

from typing import Any

from allauth.account import app_settings
from allauth.account.forms import SignupForm
from allauth.socialaccount.forms import SignupForm as SocialSignupForm
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError

from tenants.models import User

RESERVED = "The account with this address was deleted and can still come back. Use another."


def is_reserved(email: str) -> bool:
    """A deleted person's address stays theirs; allauth itself looks at living people only."""
    return bool(User.with_deleted.filter(email=email, deleted_at__isnull=False).exists())


class NothingTold:
    """Where addresses are verified, a reserved one is answered like a free one, by a mail; elsewhere the form says it."""

    def validate_unique_email(self, value: str) -> str:
        email: str = super().validate_unique_email(value)  # type: ignore[misc]  # of allauth's forms
        if is_reserved(email):
            if app_settings.EMAIL_VERIFICATION != app_settings.EmailVerificationMethod.MANDATORY:
                raise ValidationError(RESERVED)
            self.account_already_exists = True
        return email


class SignUpForm(NothingTold, SignupForm):  # type: ignore[misc]  # allauth has no types
    """Says in one line what a password needs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = "At least 10 characters: no common password, and not like your address."

    def try_save(self, request: Any) -> Any:
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])  # takes as long as it would for somebody new
        return super().try_save(request)


class SocialSignUpForm(NothingTold, SocialSignupForm):  # type: ignore[misc]  # allauth has no types
    """For whoever comes by way of a provider that named no address of their own."""
