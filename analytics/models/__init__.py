"""Every table of the analytics app."""

from analytics.models.attributes import AttributePrivacy, SeenAttribute
from analytics.models.batches import TelemetryBatch
from analytics.models.tallies import DayTally, HourTally, MinuteTally, SubjectSample
from analytics.models.tidying import HiddenKey, StaleReminder

__all__ = [
    "AttributePrivacy",
    "DayTally",
    "HiddenKey",
    "HourTally",
    "MinuteTally",
    "SeenAttribute",
    "StaleReminder",
    "SubjectSample",
    "TelemetryBatch",
]
