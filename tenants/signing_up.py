"""The form to sign up, which says in one line what a password needs."""

from typing import Any

from allauth.account.forms import SignupForm


class SignUpForm(SignupForm):  # type: ignore[misc]  # allauth has no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = "At least 8 characters: no common password, and not like your address."
