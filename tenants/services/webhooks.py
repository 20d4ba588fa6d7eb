"""Webhooks: made (their secret shown that once), edited, given another secret, tried, and given up."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from tenants import audit, outbox
from tenants.actors import Actor
from tenants.changes import alter, check, insert, locked, remove, tidy
from tenants.models import Environment, Organization, Project, Webhook, WebhookDelivery
from tenants.permissions import NotAllowed, require
from tenants.problems import Conflict, Fault, TooMany
from tenants.webhooks import signing
from tenants.webhooks.addresses import faults_of_url
from tenants.webhooks.announcing import a_delivery, position_of
from tenants.webhooks.events import EVENT_TYPES, a_test

Scope = Organization | Project | Environment

MOST_WEBHOOKS = 50
# Of flags, and of tags, that one webhook is narrowed to.
MOST_NAMES = 50
NAME = re.compile(r"[!-~\u00a1-\ud7ff](?:[ -~\u00a1-\ud7ff]{0,198}[!-~\u00a1-\ud7ff])?")
LONGEST_OVERLAP = timedelta(days=30)
SECRETS = ("sealed_secret", "sealed_old_secret", "old_secret_until")
WAITING, FAILED = WebhookDelivery.State.WAITING, WebhookDelivery.State.FAILED


def create_webhook(
    *,
    scope: Scope,
    name: str,
    url: str,
    events: Sequence[str] = (),
    flags: Sequence[str] = (),
    tags: Sequence[str] = (),
    format: str = Webhook.Format.STANDARD,  # noqa: A002  (as the field is called)
    actor: Actor,
    comment: str = "",
) -> tuple[Webhook, str]:
    """A webhook that hears of what happens in the scope from now on, and its secret, which can be read here and never again.

    `events` are types of `tenants.webhooks.events`; none: all of them, those of later versions too. With `flags` (keys) or
    `tags` it hears of what happens to these flags, and of nothing else.
    """
    require(actor, "webhook.create", scope)
    webhook = Webhook(
        **{f"{kind}_id": scope_id for kind, scope_id in scope.scopes},
        name=tidy(name),
        url=url,
        events=list(events),
        flags=list(flags),
        tags=list(tags),
        format=format,
        created_by=actor.user,
    )
    secret = signing.mint()
    signing.give(webhook, secret)
    check(webhook, comment, faults=_faults(webhook))
    with transaction.atomic():
        _make_room(scope)
        insert(webhook, actor=actor, comment=comment, taken="This webhook exists already.")
        _told(actor, "webhook.created", webhook, None, facts_of(webhook), comment)
        _begin_now(webhook)
    return webhook, secret


def edit_webhook(
    webhook: Webhook,
    *,
    name: str | None = None,
    url: str | None = None,
    events: Sequence[str] | None = None,
    flags: Sequence[str] | None = None,
    tags: Sequence[str] | None = None,
    format: str | None = None,  # noqa: A002  (as the field is called)
    actor: Actor,
    comment: str = "",
) -> Webhook:
    """None leaves as it is; no events mean all of them, and neither flags nor tags whatever happens.

    What waits already is sent as it was written, to where the webhook leads now.
    """
    require(actor, "webhook.edit", webhook)
    lists = {"events": events, "flags": flags, "tags": tags}
    wanted = {"name": tidy(name), "url": url, "format": format} | {
        member: None if given is None else list(given) for member, given in lists.items()
    }
    with transaction.atomic():
        webhook = locked(webhook)
        facts = facts_of(webhook)
        before, _ = alter(webhook, wanted, actor=actor, comment=comment, faults=_faults)
        if before:
            _told(actor, "webhook.edited", webhook, facts, facts_of(webhook), comment)
    return webhook


def rotate_webhook(webhook: Webhook, *, overlap: timedelta, actor: Actor, comment: str = "") -> tuple[Webhook, str]:
    """Another secret, to be read here and never again; as long as the overlap lasts, the old one signs beside it."""
    require(actor, "webhook.rotate", webhook)
    check(None, comment, faults=_overlap_faults(overlap))
    with transaction.atomic():
        webhook = locked(webhook)
        now = timezone.now()
        old, secret = signing.secrets_of(webhook, now)[0], signing.mint()
        signing.rotate(webhook, old, secret, now + overlap if overlap else None)
        _save(webhook, SECRETS, actor, comment)
        until = webhook.old_secret_until.isoformat() if webhook.old_secret_until else None
        _told(actor, "webhook.rotated", webhook, None, {"name": webhook.name, "old_secret_until": until}, comment)
    return webhook, secret


def enable_webhook(webhook: Webhook, *, actor: Actor, comment: str = "") -> Webhook:
    """It hears of what happens from now on; what happened meanwhile is in the audit log."""
    require(actor, "webhook.edit", webhook)
    check(None, comment)
    with transaction.atomic():
        webhook = locked(webhook)
        if webhook.disabled_at is not None:
            before = facts_of(webhook)
            webhook.disabled_at, webhook.disabled_because = None, ""
            _save(webhook, ("disabled_at", "disabled_because"), actor, comment)
            _told(actor, "webhook.enabled", webhook, before, facts_of(webhook), comment)
            _begin_now(webhook)
    return webhook


def disable_webhook(webhook: Webhook, *, actor: Actor, comment: str = "") -> Webhook:
    """Nothing goes out any more. What waits is given up, and can be replayed once it is enabled."""
    require(actor, "webhook.edit", webhook)
    check(None, comment)
    return _disable(webhook, "", actor, comment)


def give_up(webhook: Webhook, *, because: str, actor: Actor) -> Webhook:
    """The same by the worker, for what failed too long or is gone."""
    if not actor.may_everything:
        raise NotAllowed(actor, "webhook.edit", webhook, "the worker alone gives up")
    return _disable(webhook, because, actor, "")


def _disable(webhook: Webhook, because: str, actor: Actor, comment: str) -> Webhook:
    with transaction.atomic():
        webhook = _locked_anywhere(webhook)
        if webhook.disabled_at is None:
            before = facts_of(webhook)
            webhook.disabled_at, webhook.disabled_because = timezone.now(), because
            _save(webhook, ("disabled_at", "disabled_because"), actor, comment)
            waiting = WebhookDelivery.with_deleted.filter(webhook=webhook, state=WAITING)
            waiting.update(state=FAILED, done_at=webhook.disabled_at)
            _told(actor, "webhook.disabled", webhook, before, facts_of(webhook), comment)
    return webhook


def delete_webhook(webhook: Webhook, *, actor: Actor, comment: str = "") -> None:
    """For good, with the log of its deliveries; what waits is not sent any more."""
    require(actor, "webhook.delete", webhook)
    check(None, comment)
    with transaction.atomic():
        webhook = locked(webhook)
        webhook_id, facts = webhook.pk, facts_of(webhook)
        remove(webhook, actor=actor, comment=comment)
        webhook.pk = webhook_id  # Django forgets it with the row
        _told(actor, "webhook.deleted", webhook, facts, None, comment)


def test_webhook(webhook: Webhook, *, actor: Actor, comment: str = "") -> WebhookDelivery:  # noqa: PT028  (no test)
    """Send a `webhook.tested` now, whatever it is made for."""
    require(actor, "webhook.test", webhook)
    check(None, comment)
    with transaction.atomic():
        webhook = _locked_enabled(webhook)
        now = timezone.now()
        delivery = a_delivery(webhook, a_test(webhook, now), now)
        delivery.save(force_insert=True)
        _told(actor, "webhook.tested", webhook, None, {"event": delivery.event_id}, comment)
    return delivery


def replay_delivery(delivery: WebhookDelivery, *, actor: Actor, comment: str = "") -> None:
    """Send it again, told or not, with the same id; one that waits is tried at once."""
    _replay(delivery.webhook, {"pk": delivery.pk}, {"event": delivery.event_id}, actor, comment)


def replay_failed(webhook: Webhook, *, since: datetime, actor: Actor, comment: str = "") -> int:
    """Send all again that were given up and happened since then; returns how many."""
    which = {"state": FAILED, "created_at__gte": since}
    return _replay(webhook, which, {"since": since.isoformat()}, actor, comment)


def _replay(webhook: Webhook, which: dict[str, Any], facts: dict[str, Any], actor: Actor, comment: str) -> int:
    require(actor, "webhook.replay", webhook)
    check(None, comment)
    with transaction.atomic():
        webhook = _locked_enabled(webhook)
        rows = WebhookDelivery.objects.filter(webhook=webhook, **which)
        count: int = rows.update(state=WAITING, not_before=timezone.now(), tries=0, done_at=None)
        if count:
            _told(actor, "webhook.replayed", webhook, None, facts | {"deliveries": count}, comment)
    return count


def facts_of(webhook: Webhook) -> dict[str, Any]:
    """For the audit log, which more people read than may know the whole URL: that of a chat is a secret."""
    return {
        "name": webhook.name,
        "host": urlsplit(webhook.url).netloc,
        "format": webhook.format,
        "events": webhook.events,
        "flags": webhook.flags,
        "tags": webhook.tags,
        "is_enabled": webhook.disabled_at is None,
        "disabled_because": webhook.disabled_because,
    }


def _faults(webhook: Webhook) -> Iterable[Fault]:
    yield from (Fault("url", fault) for fault in faults_of_url(webhook.url))
    for position, event in enumerate(webhook.events):
        if event not in EVENT_TYPES:
            yield Fault(f"events[{position}]", f"Choose among {', '.join(EVENT_TYPES)}.")
    for member in ("flags", "tags"):
        yield from _faults_of_names(webhook, member, getattr(webhook, member))


def _faults_of_names(webhook: Webhook, member: str, names: Sequence[Any]) -> Iterable[Fault]:
    if names and not webhook.project_id:
        yield Fault(member, "Only a webhook of a project, or of an environment, can be narrowed to flags.")
    if len(names) > MOST_NAMES:
        yield Fault(member, f"At most {MOST_NAMES}.")
    for position, name in enumerate(names[:MOST_NAMES]):
        if not isinstance(name, str) or not NAME.fullmatch(name):
            yield Fault(f"{member}[{position}]", "1 to 200 printable characters without spaces around them.")


def _overlap_faults(overlap: timedelta) -> Iterable[Fault]:
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        yield Fault("overlap", f"From nothing to {LONGEST_OVERLAP.days} days.")


def _make_room(scope: Scope) -> None:
    """The organization is locked first, as everywhere; then what the webhook belongs to, which must not be deleted meanwhile."""
    organization = locked(scope if isinstance(scope, Organization) else scope.organization)
    if scope != organization:
        locked(scope)
    if Webhook.with_deleted.filter(organization=organization).count() >= MOST_WEBHOOKS:
        raise TooMany(f"{organization} has {MOST_WEBHOOKS} webhooks, which is all that there may be.")


def _begin_now(webhook: Webhook) -> None:
    """What happened before it was there is not told: the chain is ours until the transaction ends."""
    position = position_of(webhook.organization_id)
    noted = {"position": position, "failures": 0, "failing_since": None, "is_slow": False}
    Webhook.objects.filter(pk=webhook.pk).update(**noted)


def _locked_anywhere(webhook: Webhook) -> Webhook:
    """Also where its place was deleted: the worker still tells of that."""
    rows = Webhook.with_deleted.select_for_update(of=("self",), no_key=True)
    found: Webhook = rows.get(pk=webhook.pk)
    return found


def _locked_enabled(webhook: Webhook) -> Webhook:
    webhook = locked(webhook)
    if webhook.disabled_at is not None:
        raise Conflict(f"{webhook} is disabled: enable it first.")
    return webhook


def _save(webhook: Webhook, fields: Sequence[str], actor: Actor, comment: str) -> None:
    webhook._history_user, webhook._change_reason = actor.user, comment or None  # type: ignore[attr-defined]  # simple-history's
    webhook.save(update_fields=fields)


def _told(actor: Actor, verb: str, webhook: Webhook, before: Any, after: Any, comment: str) -> None:
    audit.record(actor, verb, webhook, before, after, comment=comment)
    outbox.put(verb, webhook.organization, {"webhook": webhook.pk})
