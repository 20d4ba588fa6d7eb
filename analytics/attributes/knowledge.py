"""What was seen of attributes, as the editor of rules asks for it."""

from collections.abc import Iterator
from functools import partial

from django.db.models import Subquery

from analytics.attributes import privacy, seen
from analytics.attributes.privacy import hashed_token
from analytics.attributes.seen import Seen, token_of
from analytics.models import AttributePrivacy, SeenAttribute
from analytics.tallies import unpressed
from evaluation.core.values import InvalidJson, loads
from evaluation.wire.observed import Classes, class_of
from flags.knowledge import Knowledge, Known
from tenants.models import Environment

MOST_VALUES = 20
# Where the values of more contexts than this were not told, nobody knows which ones there are.
UNTOLD = 0.05


def known_in(environment: Environment) -> Knowledge:
    """One query, however many attributes there are."""
    classes = AttributePrivacy.with_deleted.filter(project=environment.project_id).values("classes")
    rows = SeenAttribute.objects.filter(environment=environment).annotate(classes=Subquery(classes))
    return {row.name: _known(row, row.classes or {}) for row in rows}


def _known(row: SeenAttribute, classes: Classes) -> Known:
    whole = unpressed(bytes(row.content))
    whole["values"] = dict(privacy.stricter(row.name, whole.get("values", {}), class_of(row.name, classes)))
    values = [each.value for each in seen.values(whole)[:MOST_VALUES] if each.is_known]
    was_seen = partial(_was_seen, row.name, whole)
    return Known(whole.get("contexts", 0), whole.get("types", {}), row.last_seen, values, was_seen)


def _was_seen(name: str, whole: Seen, value: object) -> bool | None:
    """Whether any spelling was, which `in` takes for equal: 7 and "7"."""
    if any(
        token_of(each) in whole["values"] or hashed_token(name, each) in whole["values"] for each in _spellings(value)
    ):
        return True
    told = sum(times for times, _, _ in whole["values"].values())
    is_all = seen.has_all_values(whole) and told >= (1 - UNTOLD) * whole["contexts"]
    return False if is_all and "list" not in whole["types"] else None


def _spellings(value: object) -> Iterator[object]:
    yield value
    if isinstance(value, str):
        try:
            spelled = loads(value)
        except InvalidJson:
            return
        if isinstance(spelled, int | float) and not isinstance(spelled, bool):
            yield spelled
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)
