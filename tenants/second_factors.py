"""Second factors: what allauth stores of them is sealed."""

from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AddWebAuthnForm

from tenants import sealing
from tenants.models import User

# allauth has no row to tell apart by when it seals, so what is sealed under this name opens as nothing else.
SEALED = sealing.declare(
    "mfa.Authenticator",
    "data",
    members=("secret", "seed"),
    name="second factors",
    purpose=lambda row: "second factor",
)


class SecondFactors(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Seeds of authenticator apps and of recovery codes lie sealed in the database; passkeys leave nothing secret there."""

    def encrypt(self, text: str) -> str:
        return SEALED.seal(text.encode())

    def decrypt(self, encrypted_text: str) -> str:
        return SEALED.unseal(encrypted_text).decode()

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
