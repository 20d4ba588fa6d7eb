"""Changing what a flag does in one environment."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from flags import documents, parts, prerequisites, selectors
from flags.advice import advice
from flags.documents.configs import State
from flags.documents.report import hint
from flags.documents.splits import Splits, as_written
from flags.knowledge import known_in
from flags.limits import count_targets
from flags.models import Flag, FlagConfig
from flags.services.saving import Saved, assign, check_version, keep
from tenants import audit, outbox
from tenants.actors import Actor
from tenants.changes import locked
from tenants.limits import WHO_RAISES_IT, limit
from tenants.models import Environment
from tenants.permissions import require
from tenants.problems import Conflict, Fault, Invalid, TooMany
from tenants.tracing import traced

Body = dict[str, Any]
# What makes the new body out of the state that is locked now.
Edit = Callable[[FlagConfig], object]


def put_config(
    flag: Flag, environment: Environment, body: object, *, version: int | None = None, actor: Actor, comment: str = ""
) -> Saved[FlagConfig]:
    """Replace the whole state; members left out take the default state (`documents.default_state`).

    `version` is the one that was edited: Conflict if it is no longer the newest. A body that changes nothing writes nothing.
    """
    return _configure(flag, environment, lambda config: body, version=version, actor=actor, comment=comment)


def check_config(config: FlagConfig, body: object, *, origin: FlagConfig | None = None) -> State:
    """What `put_config` would store and warn of, were the body put in the place of this state; nothing is changed.

    Raises Invalid and TooMany like it; it asks for no permission. It warns besides of what nobody seems to be meant by.
    With `origin` it is `copy_config` from that state that is asked about.
    """
    previous = documents.splits_of(config) if origin is None else splits_across(origin, config)
    state = _checked(config.flag, config.environment, body, previous)
    notes = advice(state.fields, known_in(config.environment), timezone.now())
    return replace(state, warnings=(*state.warnings, *notes))


def set_rules(
    flag: Flag,
    environment: Environment,
    rules: list[Body],
    *,
    version: int | None = None,
    actor: Actor,
    comment: str = "",
) -> Saved[FlagConfig]:
    return _set(flag, environment, {"rules": rules}, version=version, actor=actor, comment=comment)


def set_targets(
    flag: Flag,
    environment: Environment,
    targets: list[Body],
    *,
    version: int | None = None,
    actor: Actor,
    comment: str = "",
) -> Saved[FlagConfig]:
    return _set(flag, environment, {"targets": targets}, version=version, actor=actor, comment=comment)


def set_prerequisites(
    flag: Flag,
    environment: Environment,
    condition: Body | None,
    *,
    version: int | None = None,
    actor: Actor,
    comment: str = "",
) -> Saved[FlagConfig]:
    return _set(flag, environment, {"prerequisites": condition}, version=version, actor=actor, comment=comment)


def set_fallthrough(
    flag: Flag,
    environment: Environment,
    serve: Body,
    *,
    version: int | None = None,
    actor: Actor,
    comment: str = "",
) -> Saved[FlagConfig]:
    """What all get whom no target and no rule names."""
    return _set(flag, environment, {"fallthrough": serve}, version=version, actor=actor, comment=comment)


def _set(flag: Flag, environment: Environment, members: Body, **how: Any) -> Saved[FlagConfig]:
    return _configure(flag, environment, lambda config: documents.config_body(config) | members, **how)


def set_serve(
    flag: Flag,
    environment: Environment,
    serve: Body,
    *,
    rule_id: str | None = None,
    version: int | None = None,
    actor: Actor,
    comment: str = "",
) -> Saved[FlagConfig]:
    """What a rule serves (None: the fallthrough): a variant, or a split by weights or ranges."""

    def edit(config: FlagConfig) -> Body:
        return _serving(documents.config_body(config), rule_id, serve)

    return _configure(flag, environment, edit, version=version, actor=actor, comment=comment)


def add_rule(
    flag: Flag,
    environment: Environment,
    rule: Body,
    *,
    version: int | None = None,
    actor: Actor,
    comment: str = "",
) -> Saved[FlagConfig]:
    """One more rule, below all that there are."""

    def edit(config: FlagConfig) -> Body:
        body = documents.config_body(config)
        return body | {"rules": [*body["rules"], rule]}

    return _configure(flag, environment, edit, version=version, actor=actor, comment=comment)


def set_rollout(
    flag: Flag,
    environment: Environment,
    weights: Mapping[str, float],
    *,
    rule_id: str | None = None,
    repack: bool = False,
    version: int | None = None,
    actor: Actor,
    comment: str = "",
) -> Saved[FlagConfig]:
    """Give a rule (None: the fallthrough) these per cent, moving the fewest people.

    `repack` lays the ranges out anew instead, which moves more people and leaves one range a variant.
    """

    def edit(config: FlagConfig) -> Body:
        kept = documents.splits_of(config).get(rule_id, {})
        split = {name: kept[name] for name in ("by", "salt") if name in kept} | {"weights": dict(weights)}
        return _serving(documents.config_body(config), rule_id, {"split": split})

    def laid_out_anew(config: FlagConfig) -> Splits:
        known = documents.splits_of(config)
        return {**known, rule_id: known[rule_id] | {"ranges": []}} if rule_id in known else known

    previous = laid_out_anew if repack else documents.splits_of
    return _configure(flag, environment, edit, previous=previous, version=version, actor=actor, comment=comment)


def put_back(
    flag: Flag,
    environment: Environment,
    serve: Body,
    *,
    rule_id: str | None = None,
    version: int | None = None,
    actor: Actor,
    comment: str = "",
) -> Saved[FlagConfig]:
    """Have a rule (None: the fallthrough) serve again what it served once, to the very people who had it then.

    `serve` is as the state stored it, with the ranges of a split; the rest of the state stays as it is now.
    """
    split = serve.get("split")
    written = serve if split is None else {"split": as_written(split)}

    def previous(config: FlagConfig) -> Splits:
        known = {name: kept for name, kept in documents.splits_of(config).items() if name != rule_id}
        return known if split is None else {**known, rule_id: split}

    return _configure(
        flag,
        environment,
        lambda config: _serving(documents.config_body(config), rule_id, written),
        previous=previous,
        version=version,
        actor=actor,
        comment=comment,
    )


def _serving(body: Body, rule_id: str | None, serve: Body) -> Body:
    """The body with what one rule, or the fallthrough, serves replaced."""
    if rule_id is None:
        return body | {"fallthrough": serve}
    known = [rule["id"] for rule in body["rules"]]
    if rule_id not in known:
        raise Invalid([Fault("rule_id", f'there is no rule "{rule_id}"{hint(rule_id, known)}')])
    return body | {"rules": [rule | {"serve": serve} if rule["id"] == rule_id else rule for rule in body["rules"]]}


def copy_config(
    flag: Flag,
    source: Environment,
    target: Environment,
    *,
    only: Collection[str] | None = None,
    source_version: int | None = None,
    version: int | None = None,
    actor: Actor,
    comment: str = "",
) -> Saved[FlagConfig]:
    """Make the flag in `target` what it is in `source`, on or off included; or `only` these parts of it (`flags.parts`).

    `version` is that of the target, `source_version` the one of the source that was looked at: Conflict if either is no
    longer the newest. A split that the target knows under the same rule id moves the fewest of the target's people; any
    other begins with the source's ranges, so that both environments serve alike.
    """
    origin = selectors.state_of(flag, source)
    require(actor, "flag.view", origin)
    check_version(origin, source_version)
    return _configure(
        flag,
        target,
        lambda config: _taken(origin, config, only),
        previous=lambda config: splits_across(origin, config),
        version=version,
        actor=actor,
        comment=comment or f"{'copied' if only is None else 'promoted'} from {source.key}",
    )


def splits_across(origin: FlagConfig, config: FlagConfig) -> Splits:
    """What people in the target's buckets know, and for a split that is new there what those in the source's do."""
    return {**documents.splits_of(origin), **documents.splits_of(config)}


def _taken(origin: FlagConfig, config: FlagConfig, only: Collection[str] | None) -> Body:
    source, target = documents.config_body(origin), documents.config_body(config)
    if only is None:
        return source
    known = parts.parts_of(source, target)
    if unknown := [part for part in only if part not in known]:
        raise Invalid([Fault("only", f'there is no part "{part}"{hint(part, known)}') for part in unknown])
    return parts.taken(source, target, only)


def roll_back_config(
    flag: Flag,
    environment: Environment,
    *,
    to_version: int,
    version: int | None = None,
    actor: Actor,
    comment: str = "",
) -> Saved[FlagConfig]:
    """Save an earlier version as a new one, checked against today's variants, segments and flags."""
    require(actor, "flag.roll_back", selectors.untouched(flag, environment))
    if (then := selectors.find_version(flag, environment, to_version)) is None:
        newest = selectors.state_of(flag, environment).version
        raise Invalid([Fault("to_version", f"there is no version {to_version}; the newest is {newest}")])
    return _configure(
        flag,
        environment,
        lambda config: documents.config_body(then),
        previous=lambda config: documents.splits_of(then),
        verb="flag.roll_back",
        topic="flag.rolled_back",
        version=version,
        actor=actor,
        comment=comment or f"rolled back to version {to_version}",
    )


@traced("flag.toggle")
def toggle_flag(
    flag: Flag,
    environment: Environment,
    *,
    enabled: bool,
    version: int | None = None,
    actor: Actor,
    comment: str = "",
) -> Saved[FlagConfig]:
    """Turn the flag on or off in one environment."""
    require(actor, "flag.toggle", selectors.untouched(flag, environment))
    with transaction.atomic():
        flag = _unarchived(locked(flag))
        config = _locked_state(flag, environment)
        check_version(config, version)
        if config.enabled is enabled:
            return Saved(config, changed=False)
        _save(config, {"enabled": enabled}, "flag.toggled", actor, comment)
        return Saved(config)


@traced("flag.kill")
def kill_flag(flag: Flag, environment: Environment, *, actor: Actor, comment: str = "") -> Saved[FlagConfig]:
    """Turn the flag off in one environment at once, whatever version it has and whatever else is going on."""
    require(actor, "flag.kill", selectors.untouched(flag, environment))
    with transaction.atomic():
        config = _locked_state(flag, environment)
        if not config.enabled:
            return Saved(config, changed=False)
        _save(config, {"enabled": False, "killed_at": timezone.now()}, "flag.killed", actor, comment)
        return Saved(config)


@traced("flag.configure")
def _configure(
    flag: Flag,
    environment: Environment,
    edit: Edit,
    *,
    previous: Callable[[FlagConfig], Splits] = documents.splits_of,
    verb: str = "flag.configure",
    topic: str = "flag.configured",
    version: int | None,
    actor: Actor,
    comment: str,
) -> Saved[FlagConfig]:
    """The one road by which rules change: permission, lock, check, change, history and audit, outbox."""
    require(actor, verb, selectors.untouched(flag, environment))
    with transaction.atomic():
        locked(flag.project)
        flag = _unarchived(locked(flag))
        config = _locked_state(flag, environment)
        check_version(config, version)
        state = _checked(flag, environment, edit(config), previous(config))
        if state.is_that_of(config):
            return Saved(config, changed=False, warnings=state.warnings)
        _save(config, state.fields, topic, actor, comment)
        return Saved(config, warnings=state.warnings)


def _checked(flag: Flag, environment: Environment, body: object, previous: Splits) -> State:
    state = documents.parse_state(flag, body, previous)
    _check_limits(flag, state)
    prerequisites.check_state(flag, environment, state.fields)
    return state


def _unarchived(flag: Flag) -> Flag:
    if flag.archived_at is not None:
        raise Conflict(f"{flag.key} is archived; unarchive it first.")
    return flag


def _locked_state(flag: Flag, environment: Environment) -> FlagConfig:
    if flag.project_id != environment.project_id:
        raise ValueError(f"{flag.key} and {environment.key} belong to different projects")
    rows = FlagConfig.objects.select_for_update(of=("self",), no_key=True).filter(flag=flag, environment=environment)
    config: FlagConfig = rows.first() or selectors.untouched(flag, environment)
    # What was locked and read anew, not what the caller held.
    config.flag, config.environment = flag, environment
    return config


def _check_limits(flag: Flag, state: State) -> None:
    for what, count in (
        ("targets_per_flag", count_targets(state.fields["targets"])),
        ("rules_per_flag", len(state.fields["rules"])),
    ):
        if count > (most := limit(flag.organization, what)):
            name = what.removesuffix("_per_flag")
            allowed = f"{flag.organization} allows {most:,} in one flag ({what})"
            raise TooMany(f"{count:,} {name}; {allowed}. {WHO_RAISES_IT}")


def _save(config: FlagConfig, fields: Body, topic: str, actor: Actor, comment: str) -> None:
    before = _told(config)
    if config._state.adding:
        keep(config, (), actor, "the default state")  # version 1, so that it can be rolled back to
    changed = assign(config, fields | {"killed_at": None} if fields["enabled"] else fields)
    config.updated_by_name = actor.name
    keep(config, (*changed, "updated_by_name"), actor, comment)
    audit.record(actor, topic, config, before, _told(config), comment=comment)
    outbox.put(topic, config.environment, {"key": config.flag.key, "version": config.version})


def _told(config: FlagConfig) -> Body:
    """For the audit log, which says by itself who it was: so a name stands where it can be erased, and nowhere else."""
    return {name: value for name, value in documents.config_document(config).items() if name != "updated_by"}
