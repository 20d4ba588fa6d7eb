"""What may be asked of an audit log, for all doors alike."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.db.models import Q


@dataclass(frozen=True, slots=True)
class Asked:
    """Of what is left empty, everything. `verb` is a whole one (`flag.toggled`) or its noun (`flag`).

    `who` and `text` are looked for whatever their case: the one in names of actors, the other in names and comments.
    """

    who: str = ""
    actor: str = ""
    verb: str = ""
    object_name: str = ""
    object_type: str = ""
    thing: str = ""
    text: str = ""
    request_id: str = ""
    project: str = ""
    environment: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_everything(self) -> bool:
        return not any(getattr(self, field.name) for field in fields(self))

    def narrow(self, events: Any) -> Any:
        wanted = {
            "actor_name__icontains": self.who,
            "actor_id": self.actor,
            "verb" if "." in self.verb else "verb__startswith": self.verb if "." in self.verb else f"{self.verb}.",
            "object_name": self.object_name,
            "object_type": self.object_type,
            "object_name__icontains": self.thing,
            "request_id": self.request_id,
            "project_id": self.project,
            "environment_id": self.environment,
            "at__gte": self.since,
            "at__lt": self.until,
        }
        if not self.verb:
            del wanted["verb__startswith"]
        found = events.filter(**{column: value for column, value in wanted.items() if value})
        return found.filter(_holding(self.text)) if self.text else found


def _holding(text: str) -> Q:
    columns = ("actor_name", "object_name", "comment", "verb")
    found = Q()
    for column in columns:
        found |= Q(**{f"{column}__icontains": text})
    return found
