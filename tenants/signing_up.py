"""The form to sign up, which tells nobody but the mailbox whether its address has an account."""

from typing import Any

from allauth.account.forms import SignupForm
from django.contrib.auth.hashers import make_password


class SignUpForm(SignupForm):  # type: ignore[misc]  # allauth has no types
    """Says in one line what a password needs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = "At least 10 characters: no common password, and not like your address."

    def try_save(self, request: Any) -> Any:
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])  # takes as long as it would for somebody new
        return super().try_save(request)
