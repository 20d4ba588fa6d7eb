"""Where the telemetry's part of the management API hangs, below api/v1/."""

from django.urls import path

from analytics.api import attributes, guardrails, metrics, reading, results, rollouts, stale, unknown
from analytics.api.experiments import experiments, groups
from analytics.api.experiments import metrics as measures
from flags.api.urls import CONFIG, FLAG
from tenants.api.urls import ENVIRONMENT, PROJECT

ROLLOUT = f"{CONFIG}/rollouts/<slug:rollout>"
GUARDRAIL = f"{CONFIG}/guardrails/<slug:guardrail>"
EXPERIMENT = f"{PROJECT}/experiments/<str:experiment>"
GROUP = f"{PROJECT}/exclusion-groups/<str:group>"

app_name = "analytics_api"
urlpatterns = [
    path(f"{ENVIRONMENT}/telemetry", reading.Telemetry.as_view(), name="telemetry"),
    path(f"{ENVIRONMENT}/metrics", metrics.Metrics.as_view(), name="metrics"),
    path(f"{ENVIRONMENT}/attributes/", attributes.Attributes.as_view(), name="attributes"),
    path(f"{PROJECT}/attributes/", attributes.ProjectAttributes.as_view(), name="project_attributes"),
    path(f"{PROJECT}/attribute-classes", attributes.AttributeClasses.as_view(), name="attribute_classes"),
    path(f"{PROJECT}/attributes/forget", attributes.Forget.as_view(), name="forget_attribute"),
    path(f"{EXPERIMENT}/results", results.Results.as_view(), name="experiment_results"),
    path(f"{PROJECT}/sample-size", results.SampleSize.as_view(), name="sample_size"),
    path(f"{PROJECT}/usage/", reading.UsageView.as_view(), name="usage"),
    path(f"{PROJECT}/stale-flags/", stale.StaleFlags.as_view(), name="stale_flags"),
    path(f"{PROJECT}/stale-after", stale.StaleAfter.as_view(), name="stale_after"),
    path(f"{PROJECT}/unknown-flags/", unknown.UnknownFlags.as_view(), name="unknown_flags"),
    path(f"{PROJECT}/unknown-flags/hide", unknown.Hide.as_view(), name="hide_unknown"),
    path(f"{PROJECT}/unknown-flags/show", unknown.Show.as_view(), name="show_unknown"),
    path(f"{PROJECT}/metrics/", measures.Metrics.as_view(), name="project_metrics"),
    path(f"{PROJECT}/metrics/<str:metric>", measures.OneMetric.as_view(), name="metric"),
    path(f"{PROJECT}/exclusion-groups/", groups.Groups.as_view(), name="groups"),
    path(GROUP, groups.OneGroup.as_view(), name="group"),
    path(f"{GROUP}/holdout", groups.Holdout.as_view(), name="holdout"),
    path(f"{PROJECT}/experiments/", experiments.Experiments.as_view(), name="experiments"),
    path(EXPERIMENT, experiments.OneExperiment.as_view(), name="experiment"),
    path(f"{EXPERIMENT}/start", experiments.Start.as_view(), name="start_experiment"),
    path(f"{EXPERIMENT}/stop", experiments.Stop.as_view(), name="stop_experiment"),
    path(f"{EXPERIMENT}/conclude", experiments.Conclude.as_view(), name="conclude_experiment"),
    path(f"{FLAG}/staleness", stale.Staleness.as_view(), name="staleness"),
    path(f"{FLAG}/keep", stale.Keep.as_view(), name="keep"),
    path(f"{PROJECT}/rollouts/", rollouts.ProjectRollouts.as_view(), name="project_rollouts"),
    path(f"{CONFIG}/rollouts/", rollouts.Rollouts.as_view(), name="rollouts"),
    path(ROLLOUT, rollouts.OneRollout.as_view(), name="rollout"),
    path(f"{ROLLOUT}/start", rollouts.Start.as_view(), name="start_rollout"),
    path(f"{ROLLOUT}/pause", rollouts.Pause.as_view(), name="pause_rollout"),
    path(f"{ROLLOUT}/resume", rollouts.Resume.as_view(), name="resume_rollout"),
    path(f"{ROLLOUT}/next", rollouts.Next.as_view(), name="next_step"),
    path(f"{ROLLOUT}/stop", rollouts.Stop.as_view(), name="stop_rollout"),
    path(f"{ROLLOUT}/roll-back", rollouts.RollBack.as_view(), name="roll_back_rollout"),
    path(f"{PROJECT}/guardrails/", guardrails.ProjectGuardrails.as_view(), name="project_guardrails"),
    path(f"{CONFIG}/guardrails/", guardrails.Guardrails.as_view(), name="guardrails"),
    path(GUARDRAIL, guardrails.OneGuardrail.as_view(), name="guardrail"),
    path(f"{GUARDRAIL}/arm", guardrails.Arm.as_view(), name="arm_guardrail"),
    path(f"{GUARDRAIL}/dismiss", guardrails.Dismiss.as_view(), name="dismiss_guardrail"),
]
