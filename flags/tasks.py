"""What the worker does for flags."""

from celery import shared_task
from django.utils import timezone

from flags.watching import following, sending


@shared_task
def follow_watched_flags() -> int:
    return following.follow()


@shared_task
def mail_watchers() -> int:
    return sending.send(timezone.now())


@shared_task
def forget_watched_events() -> int:
    return following.forget_told(timezone.now())
