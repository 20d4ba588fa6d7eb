"""People: registered, renamed, and let in again."""

from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from tenants import audit, outbox
from tenants.actors import Actor
from tenants.changes import alter, check, insert, locked, refuse_taken, tidy
from tenants.models import User
from tenants.permissions import NotAllowed
from tenants.problems import Fault


def register_user(*, email: str, password: str, name: str = "", actor: Actor, comment: str = "") -> User:
    """A new person, who may sign in and holds no role anywhere. Everybody may register."""
    user = User(email=tidy(email).lower(), name=tidy(name))
    user.set_password(password)
    check(user, comment, faults=_password_faults(password, user))
    return enter(user, actor=actor, comment=comment)


def enter(user: User, *, actor: Actor, comment: str = "") -> User:
    """Save a new person whose password was checked and set already, as by a sign-up form."""
    user.email = user.email.lower()
    with transaction.atomic():
        refuse_taken(User.with_deleted.filter(email=user.email).first(), user.email)
        insert(user, actor=actor, comment=comment, taken=f'"{user.email}" exists already.')
        audit.record(actor, "user.registered", user, None, {"email": user.email, "name": user.name}, comment=comment)
        outbox.put("user.registered", None, {"user": user.id})
    return user


def rename_user(user: User, *, name: str, actor: Actor, comment: str = "") -> User:
    """What everybody reads instead of the address; people choose it for themselves."""
    if not actor.may_everything and (actor.kind, actor.id) != ("user", user.id):
        raise NotAllowed(actor, "user.rename", user, "people name themselves only")
    with transaction.atomic():
        user = locked(user)
        before, after = alter(user, {"name": tidy(name)}, actor=actor, comment=comment)
        if after:
            audit.record(actor, "user.renamed", user, before, after, comment=comment)
    return user


def remove_second_factors(user: User, *, actor: Actor, comment: str = "") -> None:
    """For whoever lost them all, recovery codes too: from then on the password alone signs in. The operator's alone."""
    if not actor.may_everything:
        raise NotAllowed(actor, "user.remove_second_factors", user, "only whoever runs the server does that")
    check(None, comment)
    with transaction.atomic():
        user = locked(user)
        held = Authenticator.objects.filter(user=user)
        kinds = sorted(held.values_list("type", flat=True))
        if kinds:
            held.delete()
            audit.record(actor, "user.second_factors_removed", user, {"kinds": kinds}, comment=comment)


def _password_faults(password: str, user: User) -> list[Fault]:
    try:
        validate_password(password, user)
    except ValidationError as error:
        return [Fault("password", message) for message in error.messages]
    return []
