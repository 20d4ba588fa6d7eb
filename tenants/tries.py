"""What allauth's limits answer: too many tries, and when to try again."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def tried_too_often(request: HttpRequest, *, minutes: int = 1) -> HttpResponse:
    """Says the same whether there is such an account or not. By itself (`handler429`) for the limits that are per minute."""
    when = f"Try again in {minutes} minutes." if minutes > 1 else "Try again in a minute."
    complaints = [f"That was tried too often. {when}"]
    response = render(request, "429.html", {"complaints": complaints}, status=429)
    response["Retry-After"] = str(minutes * 60)
    return response
