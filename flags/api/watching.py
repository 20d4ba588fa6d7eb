"""Watching a flag, and how one hears of those that one watches: both are a person's own, so a token has neither."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from flags import services
from flags.api import schema
from flags.api.filters import environment_named
from flags.api.flags import FlagView
from flags.watching.watchers import watching
from tenants import services as tenant_services
from tenants.alerts.hours import DAYS
from tenants.api.bodies import read_members
from tenants.api.doors import ManagementView
from tenants.api.problems import Refused, refuse
from tenants.models import Environment, User, WatchMail

MEMBERS = {"mails": str, "hour": int, "day": str, "time_zone": str}


@schema.watch
class Watch(FlagView):
    """Whether whoever asks watches the flag, and where."""

    versioned = False

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        return self.answer()

    def put(self, request: Request, **names: str) -> Response:
        body, _ = self.read()
        keys = read_members(body, {"environments": list}).get("environments", [])
        chosen = [
            environment_named(self.project, f"environments[{position}]", key, self.actor)
            for position, key in enumerate(keys)
        ]
        services.watch_flag(self.flag, environments=chosen, actor=self.actor)
        return self.answer()

    def delete(self, request: Request, **names: str) -> Response:
        self.asked()
        services.unwatch_flag(self.flag, actor=self.actor)
        return Response(status=204)

    def answer(self) -> Response:
        how = watching(self.flag, oneself(self))
        chosen = Environment.objects.visible_to(self.actor).filter(pk__in=how.environments).order_by("position", "id")
        keys = list(chosen.values_list("key", flat=True))
        return Response({"is_watching": how.is_on, "as_owner": how.as_owner, "environments": keys})


@schema.watching
class Mails(ManagementView):
    """How one hears of the flags that one watches."""

    def get(self, request: Request) -> Response:
        self.asked()
        return Response(document(oneself(self)))

    def patch(self, request: Request) -> Response:
        body, comment = self.read()
        given = read_members(body, MEMBERS)
        wanted: dict[str, Any] = {
            "watched_flags": given.get("mails"),
            "digest_hour": given.get("hour"),
            "digest_day": _day(given["day"]) if "day" in given else None,
            "time_zone": given.get("time_zone"),
        }
        if "mails" in given and given["mails"] not in WatchMail.values:
            raise refuse("mails", f"choose one of {', '.join(WatchMail.values)}")
        if "hour" in given and not 0 <= given["hour"] <= 23:
            raise refuse("hour", "from 0 to 23")
        person = tenant_services.choose_notices(oneself(self), **wanted, actor=self.actor, comment=comment)
        return Response(document(person))


def document(person: User) -> dict[str, Any]:
    return {
        "mails": person.hears_of_watched_flags,
        "hour": person.digest_hour,
        "day": DAYS[person.digest_day],
        "time_zone": person.time_zone,
    }


def oneself(view: ManagementView) -> User:
    if view.actor.user is None:
        raise Refused(403, "forbidden", "Not allowed", "People watch flags; a token does not. Log in as yourself.")
    return view.actor.user


def _day(name: str) -> int:
    if name not in DAYS:
        raise refuse("day", f"choose one of {', '.join(DAYS)}")
    return DAYS.index(name)
