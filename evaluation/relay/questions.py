"""The SDK API and OFREP from memory: a request in, a reply out, on the event loop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from ..core.context import Context
from ..delivery.held import Held, HeldKey
from ..delivery.observing import Watched
from ..delivery.senders import sender_of, sending_key
from ..wire import ofrep, sdk_api
from ..wire.convergence import REPORT, read_report
from ..wire.frames import Proof
from ..wire.ofrep_failures import failure
from ..wire.origins import require_origin
from ..wire.problems import (
    Refused,
    bad_request,
    method_not_allowed,
    no_such_environment,
    problem,
    telemetry_is_full,
)
from ..wire.relays import environment_needed, no_environment_below
from ..wire.replies import PREFLIGHT_HEADERS, Reply
from ..wire.requests import api_key_of, context_of_body, context_of_query, query_pairs
from ..wire.telemetry import EVENTS, read_batch
from ..wire.view import View
from .below import has_below, knows_below
from .holdings import KINDS, Holdings

FLAGS, RULESET = "/api/v1/sdk/flags", "/api/v1/sdk/ruleset"


class Question(NamedTuple):
    """Header names in lower case; the path decoded, the query as it came."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    now: datetime

    def context(self) -> Context:
        if self.path.startswith(ofrep.ROOT):
            return ofrep.context_of_body(self.body)
        if self.method == "POST":
            return context_of_body(self.body)
        return context_of_query(query_pairs(self.query))


class Rules(NamedTuple):
    held: Held
    proof: Proof


# The last argument is for who wants the rules themselves.
Answer = Callable[[Question, View, Rules], Reply]


@dataclass(frozen=True, slots=True)
class Door:
    """What an address answers, to which methods and to which kinds of keys."""

    answer: Answer
    methods: tuple[str, ...]
    kinds: tuple[str, ...] = KINDS
    evaluates: bool = True

    def key_of(self, question: Question, holdings: Holdings) -> HeldKey:
        return holdings.admit(api_key_of(question.headers), self.kinds)

    def reply(self, question: Question, key: HeldKey, holdings: Holdings) -> Reply:
        held = holdings.held_for(_environment_id(question, key, holdings))
        reply = self.answer(question, _view(key, held), Rules(held, holdings.prove(held)))
        if self.evaluates and holdings.observing.is_due():
            holdings.observing.offer(Watched(held.environment_id, key.kind), question.context().attributes)
        return reply


class Inbox:
    """Takes telemetry. It is judged here, so that its sender hears at once what is wrong with it, and passed on."""

    methods: tuple[str, ...] = ("POST",)

    def key_of(self, question: Question, holdings: Holdings) -> HeldKey:
        return sending_key(question.headers, query_pairs(question.query), holdings.admit)

    def reply(self, question: Question, key: HeldKey, holdings: Holdings) -> Reply:
        sender = sender_of(key, query_pairs(question.query))
        if sender.is_relay and not has_below(key, sender.environment_id, holdings):
            raise no_such_environment()
        batch = read_batch(question.body)
        if not holdings.batches.take(sender.environment_id, sender.kind, batch, question.body):
            raise telemetry_is_full()
        if key.kind == "server" and batch.instance:
            holdings.hub.reach.note(key.environment_id, batch.instance, batch.document["manifest"])
        return batch.reply


class ReportInbox:
    """Takes what a relay behind this one says of how far versions have come."""

    methods: tuple[str, ...] = ("POST",)

    def key_of(self, question: Question, holdings: Holdings) -> HeldKey:
        return holdings.admit(api_key_of(question.headers), ("relay",))

    def reply(self, question: Question, key: HeldKey, holdings: Holdings) -> Reply:
        report = read_report(question.body, now=question.now.timestamp())
        holdings.passed.take(report.within(lambda environment_id: has_below(key, environment_id, holdings)))
        holdings.uses.take({sha256: at for sha256, at in report.used.items() if knows_below(key, sha256, holdings)})
        return Reply(204, b"")


AnyDoor = Door | Inbox | ReportInbox


def reply_to(question: Question, holdings: Holdings) -> Reply:
    """The reply, whatever was asked."""
    if question.method == "OPTIONS":
        return Reply(204, b"", headers=tuple(PREFLIGHT_HEADERS.items()))
    try:
        return _answered(question, holdings)
    except Refused as refused:
        is_ofrep = question.path.startswith(ofrep.ROOT)
        return failure(refused.reply, question.path) if is_ofrep else refused.reply


def _answered(question: Question, holdings: Holdings) -> Reply:
    door = door_of(question.path)
    if door is None:
        raise nothing_here(question.path)
    key = door.key_of(question, holdings)
    holdings.organizations.count(key.organization_id)
    if key.origins:
        require_origin(question.headers, key.origins)
    return _counted(question, key, door, holdings) if key.is_limited else _admitted(question, key, door, holdings)


def _counted(question: Question, key: HeldKey, door: AnyDoor, holdings: Holdings) -> Reply:
    """For a key with limits: whatever the answer is, what is left of them goes with it."""
    left = holdings.limiter.admit(key)
    try:
        reply = _admitted(question, key, door, holdings)
    except Refused as refused:
        raise Refused(replace(refused.reply, headers=(*refused.reply.headers, *left))) from None
    return replace(reply, headers=(*reply.headers, *left))


def _admitted(question: Question, key: HeldKey, door: AnyDoor, holdings: Holdings) -> Reply:
    if question.method not in door.methods:
        raise Refused(method_not_allowed(", ".join((*door.methods, "OPTIONS"))))
    return door.reply(question, key, holdings)


def _environment_id(question: Question, key: HeldKey, holdings: Holdings) -> str:
    """A relay key names an environment below its scope; every other key has one."""
    if key.kind != "relay":
        return key.environment_id
    asked = dict(query_pairs(question.query)).get("environment", "")
    if not asked:
        raise environment_needed()
    if not has_below(key, asked, holdings):
        raise no_environment_below()
    return asked


def door_of(path: str) -> AnyDoor | None:
    """None for an address that is not there."""
    if path in DOORS:
        return DOORS[path]
    room, _, key = path.rpartition("/")
    return ONE_FLAG.get(room) if key else None


def nothing_here(path: str) -> Refused:
    if path.startswith(ofrep.ROOT):
        detail = f"Nothing here: OFREP is POST {ofrep.FLAGS} and POST {ofrep.FLAGS}/<key>."
        return Refused(problem(404, "no-such-address", "Nothing here", detail))
    return Refused(problem(404, "no-such-address", "Nothing here", "The SDK API has no such address: see /api/docs/."))


def unreadable_query() -> Refused:
    return bad_request("Its address, host or headers are not well formed.")


def _view(key: HeldKey, held: Held) -> View:
    return View(key.environment_key, held.ruleset, held.checksum, key.is_client, key.sha256, held.repeated)


def _all_flags(question: Question, view: View, rules: Rules) -> Reply:
    if question.method == "POST":
        return sdk_api.all_flags(view, context_of_body(question.body), question.now, question.headers)
    return sdk_api.all_flags_by_query(view, question.query, question.now, question.headers)


def _one_flag(question: Question, view: View, rules: Rules) -> Reply:
    return sdk_api.one_flag(view, _flag_key(question), question.context(), question.now, question.headers)


def _ruleset(question: Question, view: View, rules: Rules) -> Reply:
    return sdk_api.ruleset(rules.held.content, rules.held.checksum, rules.proof, question.headers)


def _all_ofrep(question: Question, view: View, rules: Rules) -> Reply:
    told = ofrep.told_version(question.query)
    return ofrep.all_flags(view, question.context(), question.now, question.headers, told)


def _one_ofrep(question: Question, view: View, rules: Rules) -> Reply:
    return ofrep.one_flag(view, _flag_key(question), question.context(), question.now)


def _flag_key(question: Question) -> str:
    return question.path.rpartition("/")[2]


READING = ("GET", "POST", "HEAD")
DOORS: dict[str, AnyDoor] = {
    FLAGS: Door(_all_flags, READING),
    RULESET: Door(_ruleset, ("GET", "HEAD"), ("server", "relay"), evaluates=False),
    ofrep.FLAGS: Door(_all_ofrep, ("POST",)),
    EVENTS: Inbox(),
    REPORT: ReportInbox(),
}
ONE_FLAG = {
    FLAGS: Door(_one_flag, READING),
    ofrep.FLAGS: Door(_one_ofrep, ("POST",)),
}
