"""Mails that wait to be sent, and the devices that people are known by."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from tenants.models.base import id_field
from tenants.models.organizations import Organization


class Mail(models.Model):
    """Written by `tenants.outgoing_mail.post`, sent and forgotten there. What it says is emptied once it is sent."""

    id = id_field()
    # Whose news it tells; none where it is about a person alone.
    organization = models.ForeignKey(Organization, null=True, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    recipient = models.EmailField(max_length=254)
    subject = models.CharField(max_length=254)
    text = models.TextField()
    html = models.TextField()
    unsubscribe = models.CharField(max_length=500, blank=True, help_text="Where one click ends mails of this kind.")
    created_at = models.DateTimeField(default=timezone.now)
    not_before = models.DateTimeField(default=timezone.now, help_text="Also a lease: who sends it puts it off.")
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)
    disowned_at = models.DateTimeField(null=True, help_text='When "This was not me" was said.')

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["not_before"],
                name="mail_waiting",
                condition=models.Q(sent_at__isnull=True, given_up_at__isnull=True),
            ),
            models.Index(fields=["user", "created_at"], name="mail_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} to {self.recipient}"


class KnownDevice(models.Model):
    """A browser in which a person has signed in, known again by a cookie. Written by `tenants.devices` alone."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    sha256 = models.CharField(max_length=64, help_text="Of what the cookie holds.")
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    objects: ClassVar[Any] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "sha256"], name="known_device_once")]

    def __str__(self) -> str:
        return f"a device of {self.user_id}"
