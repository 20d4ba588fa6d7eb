"""Mails to oneself: which ones one gets, and where their link "This was not me" leads."""

from calendar import day_name
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from tenants import services
from tenants.acting import acting_as
from tenants.dashboard.doors import PageRequest, page, seen, show
from tenants.dashboard.forms import PageForm, typed
from tenants.models import WatchMail
from tenants.notices import mail_of
from tenants.time_zones import time_zones


class Choosing(PageForm):
    new_devices = forms.BooleanField(required=False, label="When a browser signs in that was not used before")
    sign_ins = forms.BooleanField(required=False, label="Whenever somebody signs in")
    sign_outs = forms.BooleanField(required=False, label="Whenever somebody signs out")
    stale_flags = forms.BooleanField(required=False, label="Once a week, when flags that I own seem stale")
    watched_flags = forms.ChoiceField(
        label="What others do to flags that I watch",
        choices=WatchMail.choices,
        help_text="You watch the flags that you own, and those on whose page you pressed Watch.",
    )
    digest_hour = forms.TypedChoiceField(
        label="At", choices=[(hour, f"{hour:02}:00") for hour in range(24)], coerce=int
    )
    time_zone = forms.ChoiceField(label="By the clocks of", choices=[(name, name) for name in sorted(time_zones())])
    digest_day = forms.TypedChoiceField(label="The weekly one on", choices=list(enumerate(day_name)), coerce=int)


@page
def notices(request: PageRequest) -> HttpResponse:
    user = seen(request.actor.user)
    chosen = {
        "new_devices": user.hears_of_new_devices,
        "sign_ins": user.hears_of_sign_ins,
        "sign_outs": user.hears_of_sign_outs,
        "stale_flags": user.hears_of_stale_flags,
        "watched_flags": user.hears_of_watched_flags,
        "digest_hour": user.digest_hour,
        "digest_day": user.digest_day,
        "time_zone": user.time_zone,
    }
    form = Choosing(typed(request), initial=chosen)

    def choose(**chosen: Any) -> object:
        return services.choose_notices(user, **chosen, actor=request.actor)

    if form.carried_out(request, choose):
        messages.success(request, "Saved.")
        return redirect("tenants:notices")
    return show(request, "tenants/notices.html", {"form": form}, status=form.status)


@never_cache
def not_me(request: HttpRequest, secret: str) -> HttpResponse:
    """For whoever has the link, signed in or not. Opening it changes nothing: programs that look at mails open links."""
    mail = seen(mail_of(secret))
    if request.method != "POST":
        return render(request, "tenants/not_me.html", {"mail": mail})
    had_password = mail.user.has_usable_password()
    user = services.disown_sign_in(mail, actor=acting_as(mail.user, request))
    if had_password:
        return redirect(_new_password(user))
    messages.success(request, "Everybody is signed out. Sign in as you are used to, then look at your connections.")
    return redirect("account_login")


def _new_password(user: object) -> str:
    """The page of allauth's own link for a forgotten password: whoever is here reads the same mailbox."""
    token = default_token_generator.make_token(user)
    arguments = {"uidb36": user_pk_to_url_str(user), "key": token}
    return reverse("account_reset_password_from_key", kwargs=arguments)
