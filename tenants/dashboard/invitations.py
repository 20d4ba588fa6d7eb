"""Where the link of an invitation leads."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from tenants import selectors, services
from tenants.dashboard.doors import PageRequest, page, seen, show


@page
def invitation(request: PageRequest, secret: str) -> HttpResponse:
    invitation = seen(selectors.find_invitation(secret))
    user = seen(request.actor.user)
    if request.method == "POST":
        services.accept_invitation(invitation, user=user, actor=request.actor)
        messages.success(request, f"Welcome to {invitation.organization}.")
        return redirect("tenants:organization", invitation.organization.slug)
    context = {
        "invitation": invitation,
        "is_theirs": user.email == invitation.email,
        "is_over": invitation.expires_at <= timezone.now(),
    }
    return show(request, "tenants/invitation.html", context)
