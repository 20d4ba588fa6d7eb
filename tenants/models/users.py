"""People, known by their e-mail address."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from tenants.actors import Scope
from tenants.models.base import History, SoftDeleted, id_field, plain_text
from tenants.querysets import UserManager
from tenants.time_zones import time_zones

# What stands where somebody's name was.
NAMELESS = "A deleted account"


class WatchMail(models.TextChoices):
    """How somebody hears of the flags that they watch."""

    AT_ONCE = "at_once", "At once: what happens within two minutes is one mail"
    DAILY = "daily", "Once a day"
    WEEKLY = "weekly", "Once a week"
    NEVER = "never", "Not at all"


def is_time_zone(name: str) -> None:
    """A validator: a name of the IANA database."""
    if name not in time_zones():
        raise ValidationError("Name a time zone of the IANA database, as in Europe/Riga.")


class User(AbstractBaseUser, PermissionsMixin, SoftDeleted):
    id = id_field()
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=150, blank=True, validators=[plain_text])
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    # Mails about the account (tenants.notices), flags that are theirs (analytics.stale.reminding), and those that they
    # watch (flags.watching).
    hears_of_new_devices = models.BooleanField(default=True)
    hears_of_sign_ins = models.BooleanField(default=False)
    hears_of_sign_outs = models.BooleanField(default=False)
    hears_of_stale_flags = models.BooleanField(default=True)
    hears_of_watched_flags = models.CharField(max_length=10, choices=WatchMail.choices, default=WatchMail.DAILY)
    # When digests come: the hour and, weekly, the day (Monday is 0) by the clocks of the time zone.
    digest_hour = models.PositiveSmallIntegerField(default=9, validators=[MaxValueValidator(23)])
    digest_day = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(6)])
    time_zone = models.CharField(max_length=64, default="UTC", validators=[is_time_zone])
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()
    with_deleted: ClassVar[Any] = models.Manager()
    history = History(excluded_fields=["password", "last_login"], m2m_fields=[])

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique_whatever_the_case")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """None: people belong to the instance; what they may do anywhere is granted there."""
        return ()
