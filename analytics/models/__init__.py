"""Every table of the analytics app."""

from analytics.models.attributes import AttributePrivacy, SeenAttribute
from analytics.models.batches import TelemetryBatch
from analytics.models.experiments import Enrolment, ExclusionGroup, Experiment, HeldOut, Metric, Outcome
from analytics.models.guardrails import Guardrail, GuardrailPoint
from analytics.models.rollouts import Rollout
from analytics.models.snapshots import ResultSnapshot
from analytics.models.tallies import DayTally, HourTally, MinuteTally, SubjectSample
from analytics.models.tidying import HiddenKey, StaleReminder

__all__ = [
    "AttributePrivacy",
    "DayTally",
    "Enrolment",
    "ExclusionGroup",
    "Experiment",
    "Guardrail",
    "GuardrailPoint",
    "HeldOut",
    "HiddenKey",
    "HourTally",
    "Metric",
    "MinuteTally",
    "Outcome",
    "ResultSnapshot",
    "Rollout",
    "SeenAttribute",
    "StaleReminder",
    "SubjectSample",
    "TelemetryBatch",
]
