"""Which mails about their account people get, and what follows when one of them tells of somebody else."""

from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db import transaction

from tenants import audit, devices, outgoing_mail
from tenants.actors import Actor
from tenants.changes import alter, locked
from tenants.models import Mail, User
from tenants.permissions import NotAllowed
from tenants.problems import Conflict


def choose_notices(
    user: User,
    *,
    new_devices: bool | None = None,
    sign_ins: bool | None = None,
    sign_outs: bool | None = None,
    stale_flags: bool | None = None,
    watched_flags: str | None = None,
    digest_hour: int | None = None,
    digest_day: int | None = None,
    time_zone: str | None = None,
    actor: Actor,
    comment: str = "",
) -> User:
    """People choose for themselves what they want to hear of; None leaves it as it is.

    `watched_flags` is one of `WatchMail`; `digest_hour` is 0 to 23 and `digest_day` 0 (Monday) to 6, both by the clocks of
    `time_zone`.
    """
    if (actor.kind, actor.id) != ("user", user.id):
        raise NotAllowed(actor, "user.choose_notices", user, "people choose their own mails only")
    wanted = {
        "hears_of_new_devices": new_devices,
        "hears_of_sign_ins": sign_ins,
        "hears_of_sign_outs": sign_outs,
        "hears_of_stale_flags": stale_flags,
        "hears_of_watched_flags": watched_flags,
        "digest_hour": digest_hour,
        "digest_day": digest_day,
        "time_zone": time_zone,
    }
    with transaction.atomic():
        user = locked(user)
        before, after = alter(user, wanted, actor=actor, comment=comment)
        if after:
            audit.record(actor, "user.notices_chosen", user, before, after, comment=comment)
    return user


def disown_sign_in(mail: Mail, *, actor: Actor) -> User:
    """Somebody who reads the mailbox says that it was not them who signed in or out.

    Every session ends, no browser is known any more, and the password opens nothing; `Conflict` when the link was used
    before. Whoever calls this leads on to a new password. Second factors and linked logins stay as they are.
    """
    with transaction.atomic():
        user = locked(mail.user)
        if not outgoing_mail.mark_disowned(mail):
            raise Conflict("This link was used already.")
        devices.forget_all(user)
        _end_sessions(user)
        had_password = user.has_usable_password()
        alter(user, {"password": make_password(None)}, actor=actor, comment="")
        audit.record(actor, "user.sign_in_disowned", user, None, {"had_password": had_password})
    return user


def _end_sessions(user: User) -> None:
    """The rows at once; those that are no rows of allauth's end with the password."""
    sessions = UserSession.objects.filter(user=user)
    Session.objects.filter(session_key__in=sessions.values("session_key")).delete()
    sessions.delete()
