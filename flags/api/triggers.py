"""Triggers: their addresses are in the answer to their creation and nowhere else; and the door at which they are pulled."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from flags import selectors, services, triggers
from flags.api import schema
from flags.api.configs import ConfigView
from flags.models import FlagTrigger
from tenants.actors import Actor
from tenants.addresses import address_of
from tenants.api.authentication import admit, request_id_of
from tenants.api.bodies import read_members
from tenants.api.documents import Document, moment
from tenants.api.doors import ManagementView, created
from tenants.api.problems import found
from tenants.buckets import Policy, take
from tenants.rates import count_address, taken

# As quickly as a pipeline could mean it.
PULLS = Policy("trigger", 60)


def trigger_document(trigger: FlagTrigger, secret: str | None = None) -> Document:
    return {
        "id": trigger.id,
        "name": trigger.name,
        "action": str(trigger.action),
        "variant": trigger.variant or None,
        "prefix": trigger.prefix,
        "url": triggers.address_of(secret) if secret else None,
        "created_at": moment(trigger.created_at),
        "revoked_at": moment(trigger.revoked_at),
        "last_used_at": moment(trigger.last_used_at),
    }


class TriggersView(ConfigView):
    versioned = False


@schema.triggers
class Triggers(TriggersView):
    """The triggers of a flag in one environment, revoked ones too; newest first."""

    def get(self, request: Request, **names: str) -> Response:
        self.listed()
        rows = selectors.triggers_of(self.actor, self.flag, self.environment)
        return self.page(rows, lambda page: [trigger_document(trigger) for trigger in page], by="-id")

    def post(self, request: Request, **names: str) -> Response:
        body, comment = self.read()
        given = read_members(body, {"name": str, "action": str, "variant": str}, required=["name", "action"])
        trigger, secret = services.create_trigger(
            self.flag, self.environment, **given, actor=self.actor, comment=comment
        )
        project = self.environment.project
        place = (project.organization.slug, project.key, self.flag.key, self.environment.key)
        address = reverse("flags_api:trigger", args=[*place, trigger.id])
        return created(trigger_document(trigger, secret), address)

    def to_keep(self, data: Any) -> Any:
        """A repeated request shows the trigger again and its address never."""
        return data | {"url": None}


@schema.trigger
class OneTrigger(TriggersView):
    """One trigger. Nothing shows its address again; deleting it revokes it for ever."""

    trigger: FlagTrigger

    def find(self, **names: str) -> None:
        super().find(**names)
        rows = selectors.triggers_of(self.actor, self.flag, self.environment)
        self.trigger = found(rows.filter(pk=names["trigger"]).first())

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        return Response(trigger_document(self.trigger))

    def delete(self, request: Request, **names: str) -> Response:
        services.revoke_trigger(self.trigger, actor=self.actor, comment=self.comment_of_query())
        return Response(status=204)


@schema.pull_trigger
class Pull(ManagementView):
    """Pull a trigger: the secret in the address is all that it takes. A body is not looked at."""

    authentication_classes: Sequence[Any] = ()
    http_method_names = ["post"]
    is_open = True
    trigger: FlagTrigger

    @property
    def actor(self) -> Actor:
        """Nobody is asked who they are."""
        return Actor.anonymous()

    def find(self, **names: str) -> None:
        request = self.request._request
        if taken(request) is None:  # it came with a token, which nobody looks at here
            admit(count_address(request))
        self.trigger = found(triggers.find_trigger(names["secret"]))
        admit(take(PULLS, self.trigger.id))

    def post(self, request: Request, **names: str) -> Response:
        actor = triggers.actor_of(self.trigger, request_id=request_id_of(request), ip=address_of(request))
        saved = services.pull_trigger(self.trigger, actor=actor)
        state = saved.thing
        return Response(
            {
                "flag": state.flag.key,
                "environment": state.environment.key,
                "enabled": state.enabled,
                "fallthrough": state.fallthrough,
                "version": state.version,
                "changed": saved.changed,
            }
        )
