"""Whether an alert tells of an event."""

from tenants.alerts.hours import is_outside
from tenants.models import Alert
from tenants.webhooks.events import ANNOUNCED, EVENT_TYPES, TYPES, Event, is_within

# As the audit log names who did something.
ACTOR_KINDS = ("user", "api_key", "trigger", "system")
# What an alert can be about: a type of event, or all that happens to one kind of thing, those of later versions too.
SUBJECTS = (*TYPES, *(type_ for type_ in EVENT_TYPES if type_ not in ANNOUNCED))


def is_told(alert: Alert, event: Event) -> bool:
    return (
        _is_about(alert, event)
        and is_within(alert, event)
        and _is_by(alert, event)
        and is_outside(alert.working_hours, event.at)
    )


def _is_about(alert: Alert, event: Event) -> bool:
    return not alert.events or event.type in alert.events or event.type.partition(".")[0] in alert.events


def _is_by(alert: Alert, event: Event) -> bool:
    actor = event.data["actor"]
    return not alert.by or actor["kind"] in alert.by or actor["id"] in alert.by
