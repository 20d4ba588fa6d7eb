"""What the OpenAPI document says about progressive rollouts."""

from typing import Any

from analytics.models import Rollout
from analytics.rollouts.steps import LARGEST_SAMPLE, LONGEST_WAIT, MOST_STEPS
from tenants.api.describe import acts, creates, described, lists, query, reads
from tenants.api.json_schema import FLAG, MOMENT, NUMBER, TEXT, TITLE, answer, body, or_null

Schema = dict[str, Any]

SHARE: Schema = {
    "type": "number",
    "minimum": 0.001,
    "maximum": 100,
    "description": "Per cent, at most 3 decimals.",
}
WAIT: Schema = {
    "type": ["integer", "null"],
    "minimum": 0,
    "maximum": LONGEST_WAIT,
    "description": "null: until a person says next.",
}
SAMPLE: Schema = {
    "type": "integer",
    "minimum": 0,
    "maximum": LARGEST_SAMPLE,
    "description": "Evaluations to the variant since the step.",
}
STEP: Schema = {
    "type": "object",
    "required": ["percent"],
    "properties": {"percent": SHARE, "wait_seconds": WAIT, "minimum_sample": SAMPLE},
}
TAKEN = answer(number=NUMBER, percent=SHARE, version=NUMBER, at=MOMENT)
HURDLE = answer(kind={"type": "string", "enum": ["hand", "time", "sample", "convergence"]}, says=TEXT)
BRIEF: dict[str, Schema] = {
    "id": TEXT,
    "flag": TEXT,
    "environment": TEXT,
    "name": TEXT,
    "preset": {"type": "string", "enum": Rollout.Preset.values},
    "rule": or_null(TEXT),
    "variant": TEXT,
    "baseline": TEXT | {"description": "What the variant comes in the place of."},
    "status": {"type": "string", "enum": Rollout.Status.values},
    "step": NUMBER | {"description": "How many of the steps are taken."},
    "percent": {"type": "number", "description": "Of the newest step; 0 before the first."},
    "steps": {"type": "array", "items": STEP},
    "reason": TEXT | {"description": "Why it is paused, or was ended."},
    "starts_at": or_null(MOMENT),
    "started_at": or_null(MOMENT),
    "paused_at": or_null(MOMENT),
    "ended_at": or_null(MOMENT),
    "created_at": MOMENT,
}
COMPONENTS: dict[str, Schema] = {
    "ProgressiveRolloutBrief": answer(**BRIEF),
    "ProgressiveRollout": answer(
        **BRIEF,
        taken={"type": "array", "items": TAKEN},
        waits_for={"type": "array", "items": HURDLE},
        is_hurried=FLAG | {"description": "Whether a person ended the time of the newest step."},
        sample=NUMBER | {"description": "Evaluations to the variant that were told of since the newest step."},
        paused_by=or_null(TEXT),
        evidence={"description": "What a guardrail saw, where one paused it; else null."},
        failures=NUMBER,
        last_error=TEXT,
    ),
    "ProgressiveRolloutNew": body(
        ["variant"],
        variant=TEXT,
        rule=TEXT | {"description": "The id of a rule; without it the fallthrough is meant."},
        name=TITLE,
        preset={"type": "string", "enum": Rollout.Preset.values},
        steps={"type": "array", "minItems": 1, "maxItems": MOST_STEPS, "items": STEP},
        wait_seconds=WAIT | {"description": "Of a preset's steps; an hour without. null: until a person says next."},
        minimum_sample=SAMPLE,
        starts_at=MOMENT | {"description": "When it starts by itself; without it, when somebody starts it."},
    ),
    "ProgressiveRolloutNext": body(
        step=NUMBER
        | {
            "description": "The step that is to be left, as `step` of the rollout says it: where it is at another by now, "
            "nothing happens, which is a 409. Without it whichever is the newest."
        }
    ),
}
IT, NEW, NEXT = "ProgressiveRollout", "ProgressiveRolloutNew", "ProgressiveRolloutNext"

project_rollouts = described(
    get=lists(
        "project_rollout_list",
        "ProgressiveRolloutBrief",
        query("status", f"Only these, with commas between them: {', '.join(Rollout.Status.values)}."),
    )
)
rollouts = described(
    get=lists("rollout_list", "ProgressiveRolloutBrief"),
    post=creates("rollout_create", IT, NEW, {"variant": "on", "preset": "canary", "wait_seconds": 3600}),
)
rollout = described(get=reads("rollout_get", IT))
start = described(post=acts("rollout_start", IT))
pause = described(post=acts("rollout_pause", IT))
resume = described(post=acts("rollout_resume", IT))
next_step = described(post=acts("rollout_next", IT, NEXT, {"step": 1, "comment": "Looks good"}))
stop = described(post=acts("rollout_stop", IT))
roll_back = described(post=acts("rollout_roll_back", IT))
