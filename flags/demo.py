"""The demo organization: a shop with eight flags of all five types, so that the first question gets an answer worth reading."""

import os
from typing import Any

from django.db import transaction

from flags import services
from tenants import keys_file, outbox
from tenants.actors import Actor
from tenants.bootstrap import bootstrap
from tenants.models import Environment, Organization, Project
from tenants.services import edit_environment

ORGANIZATION = "acme"
PROJECT = "shop"
ENVIRONMENTS = ("development", "staging", "production")
EMAIL = "demo@flagforge.local"
PERSON = "Demo"

ON = {"variant": "on"}
OFF = {"variant": "off"}

SEGMENTS: tuple[dict[str, Any], ...] = (
    {
        "key": "employees",
        "name": "Everybody at Acme",
        "included": ["user-1"],
        "rules": [{"attribute": "email", "op": "ends_with", "values": ["@acme.example"], "ignore_case": True}],
    },
    {
        "key": "beta-testers",
        "name": "People who asked for what is new",
        "included": ["user-7", "user-42"],
        "excluded": ["user-13"],
        "rules": [{"attribute": "beta", "op": "in", "values": [True]}, {"segment": "employees"}],
    },
)

# Salts are fixed, so that everybody's first visitors get the same answers as in the README.
FLAGS: tuple[dict[str, Any], ...] = (
    {
        "key": "payments-v2",
        "name": "Payments, second edition",
        "description": "The new payment service. Everything that takes money depends on it.",
        "tags": ["checkout"],
    },
    {
        "key": "new-checkout",
        "name": "New checkout",
        "description": "One page instead of four.",
        "tags": ["checkout", "frontend"],
        "salt": "demo-checkout-12",
        "metadata": {"team": "checkout"},
        "owner": EMAIL,
    },
    {
        "key": "banner-text",
        "name": "Banner",
        "description": "What the banner on the first page says.",
        "type": "string",
        "kind": "operational",
        "variants": {
            "welcome": "Welcome to our shop",
            "india": "Namaste! Free delivery in India this week",
            "sale": "Winter sale: 10 % off everything",
        },
    },
    {
        "key": "items-per-page",
        "name": "Items per page",
        "type": "integer",
        "kind": "operational",
        "variants": {"few": 12, "many": 48},
    },
    {
        "key": "price-discount",
        "name": "Discount",
        "description": "Per cent off every price.",
        "type": "double",
        "kind": "permission",
        "variants": {"none": 0.0, "loyal": 7.5, "ten": 10.0},
    },
    {
        "key": "theme",
        "name": "Theme",
        "type": "json",
        "kind": "permission",
        "variants": {
            "light": {"background": "#ffffff", "accent": "#0b6e99", "dark": False},
            "dark": {"background": "#10151c", "accent": "#5cc8ff", "dark": True},
        },
        "json_schema": {
            "type": "object",
            "properties": {
                "background": {"$ref": "#/$defs/color"},
                "accent": {"$ref": "#/$defs/color"},
                "dark": {"type": "boolean"},
            },
            "required": ["background", "accent", "dark"],
            "additionalProperties": False,
            "$defs": {"color": {"type": "string", "pattern": "^#[0-9a-f]{6}$"}},
        },
    },
    {
        "key": "search-engine",
        "name": "Search engine",
        "description": "Does semantic search sell more? A fifth of our visitors will tell.",
        "type": "string",
        "kind": "experiment",
        "variants": {"classic": "bm25", "semantic": "vectors"},
        "client_visible": False,
    },
    {
        "key": "maintenance-mode",
        "name": "Maintenance mode",
        "description": "Turn on to close the shop.",
        "kind": "kill-switch",
        "is_permanent": True,
    },
)


def condition(attribute: str, op: str, *values: Any) -> dict[str, Any]:
    return {"attribute": attribute, "op": op, "values": list(values)}


# Every environment begins alike.
STATES: dict[str, dict[str, Any]] = {
    "payments-v2": {"enabled": True, "fallthrough": ON},
    "new-checkout": {
        "enabled": True,
        "prerequisites": {"flag": "payments-v2", "variants": ["on"]},
        "targets": [{"variant": "on", "values": ["user-7", "user-9"]}],
        "rules": [
            {
                "id": "beta-in-india",
                "name": "Beta in India",
                "if": condition("country", "in", "IN"),
                "serve": {"split": {"weights": {"on": 25, "off": 75}}},
            },
            {
                "id": "new-apps",
                "name": "Beta testers with a recent app",
                "if": {"all": [{"segment": "beta-testers"}, condition("app.version", "semver_gte", "2.4.0")]},
                "serve": ON,
            },
        ],
        "fallthrough": OFF,
    },
    "banner-text": {
        "enabled": True,
        "off": "welcome",
        "rules": [
            {
                "id": "winter-sale",
                "name": "From Boxing Day to New Year",
                "if": {
                    "all": [
                        condition("now", "after", "2026-12-26T00:00:00Z"),
                        condition("now", "before", "2027-01-02T00:00:00Z"),
                    ]
                },
                "serve": {"variant": "sale"},
            },
            {"id": "india", "if": condition("country", "in", "IN"), "serve": {"variant": "india"}},
        ],
        "fallthrough": {"variant": "welcome"},
    },
    "items-per-page": {
        "enabled": True,
        "off": "few",
        "rules": [{"id": "wide", "if": condition("screen.width", "gte", 1200), "serve": {"variant": "many"}}],
        "fallthrough": {"variant": "few"},
    },
    "price-discount": {
        "enabled": True,
        "off": "none",
        "rules": [
            {"id": "employees", "if": {"segment": "employees"}, "serve": {"variant": "ten"}},
            {
                "id": "loyal",
                "name": "With us for a year",
                "if": condition("signed_up_at", "before", "-365d"),
                "serve": {"variant": "loyal"},
            },
        ],
        "fallthrough": {"variant": "none"},
    },
    "theme": {
        "enabled": True,
        "off": "light",
        "rules": [{"id": "asked", "if": condition("prefers", "in", "dark"), "serve": {"variant": "dark"}}],
        "fallthrough": {"variant": "light"},
    },
    "search-engine": {
        "enabled": True,
        "off": "classic",
        "rules": [
            {
                "id": "a-fifth",
                "name": "Experiment on a fifth",
                "serve": {"split": {"salt": "demo-search-104", "weights": {"classic": 10, "semantic": 10, "null": 80}}},
            }
        ],
        "fallthrough": {"variant": "classic"},
    },
    "maintenance-mode": {"enabled": False},
}


def seed() -> dict[str, Any] | None:
    """Make the demo where there is no organization yet, and write `keys.json` beside the data; None when there is one.

    All or nothing: what breaks off half-way is begun anew by the next start.
    """
    if Organization.with_deleted.exists():
        return None
    with transaction.atomic():
        document = _made()
        keys_file.write(document)
    outbox.drain()
    return document


def _made() -> dict[str, Any]:
    password = os.environ.get("FLAGFORGE_DEMO_PASSWORD") or None
    document = bootstrap(ORGANIZATION, PROJECT, ENVIRONMENTS, EMAIL, password, name=PERSON)
    actor = Actor.system("demo")
    project: Project = Project.objects.get(pk=document["project"]["id"])
    environments = list(Environment.objects.filter(project=project))
    for environment in environments:
        edit_environment(environment, is_protected=environment.key == "production", actor=actor)
    for segment in SEGMENTS:
        services.create_segment(project, segment, actor=actor)
    for body in FLAGS:
        flag = services.create_flag(project, body, actor=actor).thing
        for environment in environments:
            services.put_config(flag, environment, STATES[flag.key], actor=actor)
    return document | {"login": document["owner"]}
