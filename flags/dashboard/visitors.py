"""The people who visit the demo shop, each as the evaluation context that their browser would send."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Visitor:
    """`about` names what the demo's rules look at."""

    key: str
    name: str
    about: str
    context: Mapping[str, Any]

    @property
    def context_json(self) -> str:
        return json.dumps(self.context, separators=(",", ":"))


VISITORS = (
    Visitor(
        "priya",
        "Priya",
        "user-42, India, phone",
        {
            "targetingKey": "user-42",
            "country": "IN",
            "plan": "pro",
            "app": {"version": "2.5.1"},
            "screen": {"width": 390},
        },
    ),
    Visitor(
        "ravi",
        "Ravi",
        "user-23, India, last into the split",
        {
            "targetingKey": "user-23",
            "country": "IN",
            "plan": "free",
            "app": {"version": "2.4.1"},
            "screen": {"width": 1366},
        },
    ),
    Visitor(
        "mona",
        "Mona",
        "user-1, works at Acme, likes the dark",
        {
            "targetingKey": "user-1",
            "email": "mona@acme.example",
            "country": "LV",
            "prefers": "dark",
            "app": {"version": "v2.5"},
            "screen": {"width": 1440},
        },
    ),
    Visitor(
        "karl",
        "Karl",
        "user-77, Germany, customer since 2019",
        {
            "targetingKey": "user-77",
            "country": "DE",
            "plan": "free",
            "signed_up_at": "2019-03-01T09:00:00Z",
            "app": {"version": "2.3.0"},
            "screen": {"width": 1680},
        },
    ),
    Visitor(
        "yuki",
        "Yuki",
        "user-9, Japan, picked by name",
        {
            "targetingKey": "user-9",
            "country": "JP",
            "plan": "pro",
            "prefers": "dark",
            "app": {"version": "2.1.0"},
            "screen": {"width": 412},
        },
    ),
    Visitor("sam", "Sam", "India, not signed in: no key", {"country": "IN", "screen": {"width": 1280}}),
)
