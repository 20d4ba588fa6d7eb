"""Watching a flag, and watching it no more: a matter of one person, so neither is an entry of the audit log."""

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils import timezone

from flags.models import Flag, Watch
from tenants.actors import Actor
from tenants.models import Environment, User
from tenants.permissions import NotAllowed
from tenants.problems import Fault, Invalid


def watch_flag(flag: Flag, *, environments: Sequence[Environment] = (), actor: Actor) -> None:
    """Have the actor hear of what others do to the flag in these environments, and in all at once; none: in all of them.

    Whoever watches it already watches it so from now on.
    """
    user = _person_who_sees(flag, actor)
    _check(flag, environments, actor)
    _put(flag, user, is_on=True, environments=environments)


def unwatch_flag(flag: Flag, *, actor: Actor) -> None:
    """The actor hears no more of it. Of its owner that is kept, since owners watch what is theirs until they say this."""
    user = _person_who_sees(flag, actor)
    if flag.owner_id == user.pk:
        _put(flag, user, is_on=False)
    else:
        Watch.objects.filter(flag=flag, user=user).delete()


def _person_who_sees(flag: Flag, actor: Actor) -> User:
    if actor.user is None:
        raise NotAllowed(actor, "flag.view", flag, "people watch flags, keys do not")
    if not Flag.objects.visible_to(actor).filter(pk=flag.pk).exists():
        raise NotAllowed(actor, "flag.view", flag)
    return actor.user


def _check(flag: Flag, environments: Iterable[Environment], actor: Actor) -> None:
    seen = set(Environment.objects.visible_to(actor).filter(project=flag.project_id).values_list("pk", flat=True))
    if any(environment.pk not in seen for environment in environments):
        raise Invalid([Fault("environments", "there is no such environment in this project")])


def _put(flag: Flag, user: User, *, is_on: bool, environments: Iterable[Environment] = ()) -> None:
    wanted = {"is_on": is_on, "environments": sorted(environment.pk for environment in environments)}
    with transaction.atomic():
        row = Watch.objects.select_for_update(of=("self",), no_key=True).filter(flag=flag, user=user).first()
        if row is None:
            begun = wanted | {"organization_id": flag.organization_id, "since": timezone.now()}
            Watch.objects.get_or_create(flag=flag, user=user, defaults=begun)
        elif any(getattr(row, name) != value for name, value in wanted.items()):
            began = {"since": timezone.now()} if is_on and not row.is_on else {}
            Watch.objects.filter(pk=row.pk).update(**wanted, **began)
