"""The documents of flags as JSON Schemas, by the names under which the OpenAPI document refers to them."""

from typing import Any

from flags.carrying.reading import FORMAT
from flags.models import Flag, FlagTrigger
from flags.models.flags import KEY_PATTERN
from tenants.alerts.hours import DAYS
from tenants.api.json_schema import FLAG, MOMENT, NUMBER, TEXT, TITLE, answer, body, or_null, reference
from tenants.models import WatchMail

Schema = dict[str, Any]

KEY: Schema = {"type": "string", "pattern": KEY_PATTERN.replace(r"\Z", "$")}
NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 200}
TYPE: Schema = {"type": "string", "enum": Flag.ValueType.values}
KIND: Schema = {"type": "string", "enum": Flag.Kind.values}
ACTION: Schema = {"type": "string", "enum": FlagTrigger.Action.values}
OBJECT: Schema = {"type": "object"}
WORDS: Schema = {"type": "array", "items": TEXT}
CONDITION: Schema = {"type": "object", "description": "A condition or a group: all, any, not, segment, flag."}
SERVE: Schema = {"type": "object", "description": '{"variant": …} or {"split": {"weights": …}}.'}
RULE: Schema = {
    "type": "object",
    "required": ["id", "serve"],
    "properties": {"id": TEXT, "name": TEXT, "if": CONDITION, "serve": SERVE},
}
TARGET: Schema = {
    "type": "object",
    "required": ["variant", "values"],
    "properties": {"variant": TEXT, "values": {"type": "array"}},
}
RULES_TEXT: Schema = TEXT | {"description": "All members but `enabled`, in their place, in the rule language."}
TEXT_FAULT: Schema = answer(message=TEXT, line=NUMBER, column=NUMBER)
WARNINGS: Schema = WORDS | {"description": "What to think about again; only there when there is something."}

WATCHING_MEMBERS: dict[str, Schema] = {
    "mails": {"type": "string", "enum": WatchMail.values},
    "hour": {"type": "integer", "minimum": 0, "maximum": 23},
    "day": {"type": "string", "enum": list(DAYS), "description": "Of the weekly mail."},
    "time_zone": TEXT | {"description": "By the clocks of which the mails come: as Europe/Riga."},
}
FLAG_MEMBERS: dict[str, Schema] = {
    "name": NAME,
    "description": TEXT,
    "type": TYPE,
    "variants": OBJECT | {"description": "Name → value. A boolean flag may leave them out."},
    "kind": KIND,
    "tags": WORDS,
    "owner": or_null({"type": "string", "format": "email"}),
    "is_permanent": FLAG,
    "client_visible": FLAG,
    "salt": TEXT,
    "metadata": OBJECT,
    "json_schema": or_null(OBJECT),
}
COUNTS: Schema = answer(made=NUMBER, changed=NUMBER, left=NUMBER) | {"description": "Left: they were so already."}
FILE_MEMBERS: dict[str, Schema] = {
    "format": {"type": "string", "enum": [FORMAT]},
    "project": {"type": "object", "required": ["key", "name"], "properties": {"key": TEXT, "name": TEXT}},
    "environments": {"type": "array", "items": OBJECT},
    "segments": {"type": "array", "items": OBJECT},
    "flags": {"type": "array", "items": OBJECT | {"description": "A flag with `states`, by keys of environments."}},
}
STATE_MEMBERS: dict[str, Schema] = {
    "enabled": FLAG,
    "off": or_null(TEXT),
    "prerequisites": or_null(CONDITION),
    "targets": {"type": "array", "items": TARGET},
    "rules": {"type": "array", "items": RULE},
    "fallthrough": or_null(SERVE),
}
SAVED: dict[str, Schema] = {"version": NUMBER, "updated_at": or_null(MOMENT), "updated_by": or_null(TEXT)}
SEGMENT_MEMBERS: dict[str, Schema] = {
    "name": NAME,
    "included": WORDS,
    "excluded": WORDS,
    "rules": {"type": "array", "items": CONDITION, "description": "Any of them is enough."},
}


def may_bring(body: Schema, **answers: Schema) -> Schema:
    """What only answers say may come back with a body; it is not looked at."""
    ignored = {name: {**schema, "readOnly": True} for name, schema in answers.items()}
    return {**body, "properties": {**body["properties"], **ignored}}


def with_optional(schema: Schema, **members: Schema) -> Schema:
    return {**schema, "properties": {**schema["properties"], **members}}


_FLAG = with_optional(answer(key=KEY, **FLAG_MEMBERS, version=NUMBER, archived_at=or_null(MOMENT)), warnings=WARNINGS)
COMPONENTS: dict[str, Schema] = {
    "Flag": with_optional(_FLAG, state=reference("State")),
    "FlagNew": may_bring(body(["key"], key=KEY, **FLAG_MEMBERS), version={}, archived_at={}),
    "FlagBody": may_bring(body(key=KEY, **FLAG_MEMBERS), version={}, archived_at={}),
    "State": with_optional(answer(**STATE_MEMBERS, **SAVED), warnings=WARNINGS, environment=TEXT, convergence=TEXT),
    "StateAsText": with_optional(answer(enabled=FLAG, rules_text=TEXT, **SAVED), warnings=WARNINGS),
    "StateInEitherForm": {"anyOf": [reference("State"), reference("StateAsText")]},
    "StateBody": may_bring(body(**STATE_MEMBERS, rules_text=RULES_TEXT), version={}, updated_at={}, updated_by={}),
    "RulesTextBody": body(["rules_text"], rules_text=TEXT),
    "RulesTextVerdict": answer(
        body=or_null(OBJECT), rules_text=or_null(TEXT), faults={"type": "array", "items": TEXT_FAULT}, warnings=WORDS
    ),
    "Segment": answer(key=KEY, **SEGMENT_MEMBERS, version=NUMBER),
    "SegmentNew": may_bring(body(["key"], key=KEY, **SEGMENT_MEMBERS), version={}),
    "SegmentBody": may_bring(body(key=KEY, **SEGMENT_MEMBERS), version={}),
    "ProjectFile": answer(**FILE_MEMBERS),
    "ProjectFileBody": body(list(FILE_MEMBERS), **FILE_MEMBERS),
    "Imported": answer(dry_run=FLAG, environments=COUNTS, segments=COUNTS, flags=COUNTS, states=COUNTS),
    "Versions": answer(
        results={
            "type": "array",
            "items": answer(
                version=NUMBER,
                at=MOMENT,
                by=TEXT,
                what={"type": "string", "enum": ["made", "changed", "removed"]},
                comment=TEXT,
                changes={"type": "array", "items": answer(field=TEXT, before=TEXT, after=TEXT)},
            ),
        }
    ),
    "RollBackBody": body(["to_version"], to_version={"type": "integer", "minimum": 1}),
    "Watch": answer(is_watching=FLAG, as_owner=FLAG, environments=WORDS | {"description": "None: all of them."}),
    "WatchBody": body(environments=WORDS | {"description": "Keys; none: all of them, also those that come later."}),
    "Watching": answer(**WATCHING_MEMBERS),
    "WatchingPatch": body(**WATCHING_MEMBERS),
    "Trigger": answer(
        id=TEXT,
        name=TEXT,
        action=ACTION,
        variant=or_null(TEXT),
        prefix=TEXT,
        url=or_null(TEXT) | {"description": "Where it is pulled: in the answer to its creation, else null."},
        created_at=MOMENT,
        revoked_at=or_null(MOMENT),
        last_used_at=or_null(MOMENT),
    ),
    "TriggerNew": body(["name", "action"], name=TITLE, action=ACTION, variant=TEXT),
    "Pulled": answer(
        flag=KEY, environment=TEXT, enabled=FLAG, fallthrough=or_null(SERVE), version=NUMBER, changed=FLAG
    ),
    "CopyBody": body(["from"], **{"from": TEXT}),
    "RolloutBody": body(
        ["weights"],
        weights={"type": "object", "additionalProperties": {"type": "number"}, "description": "Variant → per cent."},
        rule=TEXT | {"description": "The id of a rule; without it the fallthrough is meant."},
        repack=FLAG | {"description": "Lay the ranges out anew: more people move, and one range a variant is left."},
    ),
    "PrerequisiteDepth": answer(max_prerequisite_depth=NUMBER),
    "PrerequisiteDepthBody": body(
        ["max_prerequisite_depth"], max_prerequisite_depth={"type": "integer", "minimum": 1, "maximum": 10}
    ),
}
