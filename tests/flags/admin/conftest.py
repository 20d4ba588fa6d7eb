"""The pages of Acme's shop in the admin."""

import json
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from flags import documents
from flags.models import Flag, FlagConfig

FLAGS = "/admin/flags/flag/"
CONFIGS = "/admin/flags/flagconfig/"


def act_on(client: Any, flags: list[Flag], action: str, **answers: Any) -> Any:
    """Choose the flags in the list, choose the action, answer its page."""
    asked = {"action": action, "_selected_action": [flag.pk for flag in flags]}
    return client.post(FLAGS, asked | {"confirmed": "yes", "comment": ""} | answers)


def page_of(config: FlagConfig, view: str = "change", *args: str) -> str:
    return reverse(f"admin:flags_flagconfig_{view}", args=[config.pk, *args])


def filled_in(config: FlagConfig) -> dict[str, str]:
    """What the browser sends back when nothing was typed into the form of a state."""
    body = documents.config_body(config)
    typed = {name: json.dumps(body[name]) for name in ("targets", "rules", "fallthrough", "prerequisites")}
    return typed | {
        "off": body["off"] or "",
        "version": str(config.version),
        "comment": "",
        **({"enabled": "on"} if body["enabled"] else {}),
    }


def text_of(answer: HttpResponse) -> str:
    """The page as it was sent."""
    return answer.content.decode()
