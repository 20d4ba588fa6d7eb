"""Second factors: what allauth stores of them is sealed with `FLAGFORGE_ENVELOPE_KEY` (AES-256-GCM), as signing keys are."""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from tenants.models import User

NONCE_BYTES = 12
# What is sealed under this name opens as nothing else.
PURPOSE = b"second factor"


class SealBroken(Exception):
    """A second factor was sealed with another envelope key."""


class SecondFactors(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Seeds of authenticator apps and of recovery codes lie sealed in the database; passkeys leave nothing secret there."""

    def encrypt(self, text: str) -> str:
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + AESGCM(settings.ENVELOPE_KEY).encrypt(nonce, text.encode(), PURPOSE)
        return urlsafe_b64encode(sealed).decode()

    def decrypt(self, encrypted_text: str) -> str:
        sealed = urlsafe_b64decode(encrypted_text)
        try:
            text = AESGCM(settings.ENVELOPE_KEY).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], PURPOSE)
        except InvalidTag:
            raise SealBroken(
                "a second factor was sealed with another FLAGFORGE_ENVELOPE_KEY: give this process that one"
            ) from None
        return text.decode()

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002  (allauth's word)
        return f"Passkey {Authenticator.objects.filter(user=user, type=type).count() + 1}"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return {**entity, "name": "FlagForge"}


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """In our words; a passkey unless one wants less."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        alone = self.fields["passwordless"]
        alone.label, alone.initial = "Sign in with it alone, without the password", True
        alone.help_text = "It must know you then: by a finger, a face or a PIN."
