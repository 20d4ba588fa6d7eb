"""Starting, stopping and concluding experiments, and giving them more or less traffic.

What is served changes through the flag's own services, in the same transaction.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from analytics.experiments import placing
from analytics.experiments.holdouts import first_held_out
from analytics.experiments.places import Places, had_lately, places_in, taken_in
from analytics.experiments.selectors import interventions_in, shape_of
from analytics.experiments.services.saving import document_of, held, tell
from analytics.models import ExclusionGroup, Experiment
from evaluation.core.limits import BUCKETS
from evaluation.core.values import quoted
from flags import documents as flag_documents
from flags import services as flag_services
from flags.models import FlagConfig
from flags.models.flags import new_salt
from flags.selectors import state_of
from flags.services import Saved
from flags.services.saving import assign, keep
from tenants.actors import Actor
from tenants.api.documents import moment
from tenants.changes import check
from tenants.permissions import require
from tenants.problems import Conflict, Fault, Invalid

Status = Experiment.Status
Fields = dict[str, Any]
SAID = {"rule-gone": "its rule was deleted", "split-changed": "its split was changed", "off": "the flag was turned off"}


def start_experiment(
    experiment: Experiment, *, version: int | None = None, actor: Actor, comment: str = ""
) -> Saved[Experiment]:
    """Write the split into the flag, with a salt of its own or that of its group, and record from now on.

    Without a rule and with all traffic it is what all get whom no rule names. With less traffic, or in a group, it gets a rule
    for everybody, below all others, since only a rule passes people on. Raises Conflict where it cannot run.
    """
    require(actor, "experiment.start", experiment)
    check(None, comment)
    with transaction.atomic():
        experiment = held(experiment, version)
        _refuse_unless(experiment, Status.DRAFT)
        before, state = document_of(experiment), state_of(experiment.flag, experiment.environment)
        _refuse_where_nobody_would_come(experiment, state)
        fields: Fields = {
            "status": Status.RUNNING.value,
            "started_at": timezone.now(),
            "salt": experiment.group.salt if experiment.group else new_salt(),
            "homes": _homes(experiment, experiment.traffic),
            "rule_id": experiment.rule_id or _new_rule(experiment, state),
        }
        split = _split(experiment, fields["homes"], fields["salt"], experiment.traffic)
        is_new = fields["rule_id"] != experiment.rule_id
        told = comment or f"experiment {experiment.key} started"
        config = _write(experiment, fields["rule_id"], {"split": split}, actor, told, is_new=is_new)
        fields["splits"] = [_entry(fields["rule_id"], experiment.traffic, config, fields["started_at"])]
        _keep(experiment, fields, "started", before, actor, comment)
    return Saved(experiment)


def with_traffic(experiment: Experiment, traffic: float, *, actor: Actor, comment: str) -> Fields:
    """Let so many per cent take part in a running experiment, which is held; returns the columns that it gets by that."""
    _refuse_while_disturbed(experiment)
    if not experiment.rule_id and traffic < 100:
        raise Conflict(f"{experiment.key} is what all get whom no rule names, and nobody can be passed on from there.")
    homes = _homes(experiment, traffic)
    split = _split(experiment, homes, experiment.salt, traffic)
    told = comment or f"experiment {experiment.key}: {experiment.traffic:g} % to {traffic:g} %"
    config = _write(experiment, experiment.rule_id, {"split": split}, actor, told)
    entry = _entry(experiment.rule_id, traffic, config, timezone.now())
    return {"homes": homes, "splits": [*experiment.splits, entry]}


def stop_experiment(
    experiment: Experiment, *, version: int | None = None, actor: Actor, comment: str = ""
) -> Saved[Experiment]:
    """Nobody counts from now on. What is served stays as it is, and the places in a group stay taken, until it is concluded."""
    require(actor, "experiment.stop", experiment)
    check(None, comment)
    with transaction.atomic():
        experiment = held(experiment, version)
        _refuse_unless(experiment, Status.RUNNING)
        fields = {"status": Status.STOPPED.value, "stopped_at": timezone.now()}
        _keep(experiment, fields, "stopped", document_of(experiment), actor, comment)
    return Saved(experiment)


def conclude_experiment(
    experiment: Experiment,
    *,
    winner: str | None = None,
    version: int | None = None,
    actor: Actor,
    comment: str = "",
) -> Saved[Experiment]:
    """End it, and serve the winner to all whom its rule matches and its group does not hold out; None leaves the flag as it is.

    A running one is stopped by it. Undone as any change of a flag: by rolling back its state.
    """
    require(actor, "experiment.conclude", experiment)
    unknown = winner is not None and winner not in experiment.weights
    allowed = ", ".join(experiment.variants)
    check(None, comment, faults=[Fault("winner", f"choose one of {allowed}, or null")] if unknown else ())
    with transaction.atomic():
        experiment = held(experiment, version)
        _refuse_unless(experiment, Status.RUNNING, Status.STOPPED)
        before, now = document_of(experiment), timezone.now()
        if winner is not None:
            told = comment or f"experiment {experiment.key} concluded: {winner} wins"
            _write(experiment, experiment.rule_id, _won(experiment, winner), actor, told)
        fields = {
            "status": Status.CONCLUDED.value,
            "stopped_at": experiment.stopped_at or now,
            "concluded_at": now,
            "winner": winner or "",
        }
        _keep(experiment, fields, "concluded", before, actor, comment)
    return Saved(experiment)


def _keep(experiment: Experiment, fields: Fields, what: str, before: Any, actor: Actor, comment: str) -> None:
    keep(experiment, assign(experiment, fields), actor, comment)
    tell(experiment, what, before, actor, comment)


def _write(
    experiment: Experiment, rule_id: str, serve: Fields, actor: Actor, comment: str, *, is_new: bool = False
) -> FlagConfig:
    flag, environment = experiment.flag, experiment.environment
    if is_new:
        rule = {"id": rule_id, "name": f"Experiment {experiment.name}"[:200], "serve": serve}
        return flag_services.add_rule(flag, environment, rule, actor=actor, comment=comment).thing
    at = rule_id or None
    try:
        return flag_services.set_serve(flag, environment, serve, rule_id=at, actor=actor, comment=comment).thing
    except Invalid as error:
        raise Conflict(f"{experiment.flag} cannot serve that: {error}") from None


def _new_rule(experiment: Experiment, state: FlagConfig) -> str:
    """The id of the rule that the experiment needs and has not; "" where it needs none."""
    if experiment.group is None and experiment.traffic == 100:
        return ""
    for rule in state.rules:
        if "if" not in rule and not _passes_on(rule["serve"], experiment.group):
            raise Conflict(
                f'The rule "{rule["id"]}" serves everybody before the experiment: name it as the rule, or delete it.'
            )
    taken = {rule["id"] for rule in state.rules}
    return next(name for number in range(1, len(taken) + 2) if (name := f"experiment-{number}") not in taken)


def _passes_on(serve: Fields, group: ExclusionGroup | None) -> bool:
    """Anybody whom the group does not hold out."""
    split = serve.get("split", {})
    held_out = first_held_out(group.holdout) if group and split.get("salt") == group.salt else BUCKETS
    return any(variant is None and first < held_out for variant, first, _ in split.get("ranges", ()))


def _won(experiment: Experiment, winner: str) -> Fields:
    """Who is held out goes on, as while it ran: they are the baseline of all that the group's experiments changed."""
    held_out = first_held_out(experiment.group.holdout) if experiment.group else BUCKETS
    if held_out == BUCKETS:
        return {"variant": winner}
    return {"split": {"salt": experiment.salt, "ranges": [[winner, 0, held_out], [None, held_out, BUCKETS]]}}


def _homes(experiment: Experiment, traffic: float) -> dict[str, list[list[int]]]:
    group, environment, wanted = experiment.group, experiment.environment, _widths(experiment, traffic)
    if group is None:
        return placing.grown(experiment.homes, wanted, ())
    places = places_in(group, environment)
    lately, others = had_lately(group, environment, places, timezone.now()), places.but(experiment)
    try:
        return placing.grown(experiment.homes, wanted, taken_in(group, others), lately)
    except placing.Full as full:
        free, needed = (number * 100 / BUCKETS for number in (full.free, full.needed))
        raise Conflict(
            f"{group} has {free:g} % free in {environment.key}, and {experiment.key} needs {needed:g} %.{_said_of(others)}"
        ) from None


def _said_of(places: Places) -> str:
    """Whose places come free by a change of a flag."""
    flags = ", ".join(sorted({flag.key for flag, _ in places.left()}))
    return (
        f" {flags} still has the split of an experiment that is over: serve one variant there to free it."
        if flags
        else ""
    )


def _widths(experiment: Experiment, traffic: float) -> dict[str, int]:
    """By the variants in their order, whatever order the database keeps."""
    widths = placing.widths(experiment.weights, traffic)
    return {variant: widths[variant] for variant in experiment.variants}


def _split(experiment: Experiment, homes: placing.Homes, salt: str, traffic: float) -> Fields:
    layout = placing.ranges(homes, _widths(experiment, traffic))
    return {"salt": salt, "ranges": [list(each) for each in layout]}


def _entry(rule_id: str, traffic: float, config: FlagConfig, at: datetime) -> Fields:
    split = flag_documents.splits_of(config)[rule_id or None]
    return {"at": moment(at), "version": config.version, "traffic": traffic, "split": shape_of(split)}


def _refuse_unless(experiment: Experiment, *statuses: Experiment.Status) -> None:
    if experiment.status not in statuses:
        wanted = " or ".join(statuses)
        raise Conflict(f"{experiment.key} is {experiment.status}; for that it must be {wanted}.")


def _refuse_where_nobody_would_come(experiment: Experiment, state: FlagConfig) -> None:
    flag, environment, rule = experiment.flag, experiment.environment, experiment.rule_id
    if flag.archived_at is not None:
        raise Conflict(f"{flag} is archived; unarchive it first.")
    if not state.enabled:
        raise Conflict(f"{flag} is off in {environment.key}; turn it on first, or nobody meets the experiment.")
    if missing := [name for name in experiment.variants if name not in flag.variants]:
        raise Conflict(f"{flag} has no variant {', '.join(map(quoted, missing))} any more.")
    if rule and rule not in [each["id"] for each in state.rules]:
        raise Conflict(f"{flag} has no rule {quoted(rule)} in {environment.key}.")
    if not experiment.primary_metric:
        raise Conflict(f"{experiment.key} has no primary metric, by which it is decided.")
    others = Experiment.with_deleted.filter(flag=flag, environment=environment, rule_id=rule, status=Status.RUNNING)
    if (other := others.first()) is not None:
        raise Conflict(f"{other.key} is running there already; one experiment at a time on the same rule.")


def _refuse_while_disturbed(experiment: Experiment) -> None:
    """Who changed something by hand meant it: that stays until they take it back."""
    if experiment.flag.archived_at is not None:
        raise Conflict(f"{experiment.flag} is archived; unarchive it first.")
    last = next(reversed(interventions_in(experiment)), None)
    if last is not None and last.until is None:
        raise Conflict(
            f"{SAID[last.what].capitalize()} by {last.by or 'somebody'} on {last.at:%d %B at %H:%M} UTC (version "
            f"{last.version}): roll {experiment.flag} back first, or conclude {experiment.key}."
        )
