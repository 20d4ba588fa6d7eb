"""A flag as plain data: everything about it that is the same in all environments."""

from dataclasses import dataclass, field
from typing import Any

from evaluation.core.parse import parse_variants
from evaluation.core.values import InvalidDefinition, quoted
from evaluation.core.variants import typed
from flags.documents import schemas
from flags.documents.report import Report, hint, members_of
from flags.documents.texts import READERS
from flags.models import Flag

MEMBERS = (*READERS, "type", "variants", "json_schema")
# What a whole body leaves out. Name, variants and salt have no default once a flag is made: they stay.
FLAG_DEFAULTS: dict[str, Any] = {
    "description": "",
    "kind": Flag.Kind.RELEASE.value,
    "tags": [],
    "owner": None,
    "is_permanent": False,
    "client_visible": True,
    "metadata": {},
    "json_schema": None,
}
MAX_32_BIT = 2**31 - 1


@dataclass(frozen=True, slots=True)
class FlagBody:
    """A checked flag: values by column (`owner` as an e-mail address), and what to tell whoever wrote it."""

    fields: dict[str, Any]
    warnings: tuple[str, ...] = field(default=())


def parse_flag(body: object) -> FlagBody:
    """A new flag. Raises Invalid with the path of each fault."""
    report = Report()
    members = members_of(body, MEMBERS, report)
    fields = _read_texts(members, report)
    if "key" not in members:
        report.add("key", "missing: every flag needs a key")
    fields["value_type"] = _value_type(members, report)
    fields |= _values(fields["value_type"], members.get("variants"), members.get("json_schema"), report)
    report.settle()
    fields.setdefault("name", fields["key"])
    return FlagBody(fields, (*_visibility(members), *_worries(fields)))


def parse_flag_changes(flag: Flag, body: object) -> FlagBody:
    """The columns that a partial body gives a flag; key and type may be repeated but never change."""
    report = Report()
    members = members_of(body, MEMBERS, report)
    fields = _read_texts(members, report)
    if "key" in members and members["key"] != flag.key:
        report.add("key", f"the key stays {quoted(flag.key)}: a flag is never renamed")
    if "type" in members and members["type"] != flag.value_type:
        report.add("type", f"the type stays {quoted(flag.value_type)}: it is fixed when a flag is made")
    if "variants" in members or "json_schema" in members:
        variants = members["variants"] if "variants" in members else typed_variants(flag)
        schema = members.get("json_schema", flag.json_schema)
        fields |= _values(flag.value_type, variants, schema, report)
    report.settle()
    fields.pop("key", None)
    worries = _worries(fields | {"value_type": flag.value_type}) if "variants" in members else ()
    return FlagBody(fields, worries)


def flag_document(flag: Flag) -> dict[str, Any]:
    """The answer of the management API."""
    return {
        "key": flag.key,
        "name": flag.name,
        "description": flag.description,
        "type": flag.value_type,
        "variants": typed_variants(flag),
        "kind": flag.kind,
        "tags": flag.tags,
        "owner": flag.owner.email if flag.owner else None,
        "is_permanent": flag.is_permanent,
        "client_visible": flag.client_visible,
        "salt": flag.salt,
        "metadata": flag.metadata,
        "json_schema": flag.json_schema,
        "version": flag.version,
        "archived_at": flag.archived_at.isoformat().replace("+00:00", "Z") if flag.archived_at else None,
    }


def written_members(flag: Flag) -> dict[str, Any]:
    """What of the document may be written, so that it can be put back."""
    return {name: value for name, value in flag_document(flag).items() if name in MEMBERS}


def typed_variants(flag: Flag) -> dict[str, Any]:
    """The variants' values in the flag's type, whatever the database made of a number."""
    return {name: typed(flag.value_type, value) for name, value in flag.variants.items()}


def _read_texts(members: dict[str, Any], report: Report) -> dict[str, Any]:
    return {name: READERS[name](value, name, report) for name, value in members.items() if name in READERS}


def _value_type(members: dict[str, Any], report: Report) -> str:
    given = members.get("type", Flag.ValueType.BOOLEAN.value)
    if given in Flag.ValueType.values:
        return str(given)
    report.add("type", f"there is no type {quoted(given)}{hint(str(given), Flag.ValueType.values)}")
    return ""


def _values(value_type: str, variants: object, schema: object, report: Report) -> dict[str, Any]:
    parsed: dict[str, Any] = {}
    try:
        parsed = parse_variants(value_type, variants) if value_type else {}
    except InvalidDefinition as error:
        report.extend(error.faults)
    if schema is not None and value_type not in ("", Flag.ValueType.JSON):
        report.add("json_schema", f"only a json flag has a schema; this one is {value_type}")
    elif schema is not None:
        schemas.check(schema, parsed, report)
    return {"variants": parsed, "json_schema": schema}


def _visibility(members: dict[str, Any]) -> list[str]:
    if "client_visible" in members:
        return []
    return ["client_visible: client keys (browsers, phones) may ask for this flag; set it to false to hide the flag."]


def _worries(fields: dict[str, Any]) -> tuple[str, ...]:
    found = []
    for name, value in fields["variants"].items():
        if fields["value_type"] == Flag.ValueType.INTEGER and not -MAX_32_BIT - 1 <= value <= MAX_32_BIT:
            found.append(f"variants.{name}: beyond 2^31-1; some clients hold integers in 32 bits.")
        if isinstance(value, list):
            found.append(f"variants.{name}: an array; OpenFeature's REST protocol knows objects only.")
    return tuple(found)
