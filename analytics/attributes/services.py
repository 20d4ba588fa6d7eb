"""What people decide of a project's attributes: how far their values may be known, and that one is forgotten."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import transaction

from analytics.attributes import privacy
from analytics.models import AttributePrivacy, SeenAttribute
from analytics.tallies import pressed, unpressed
from evaluation.core.values import quoted
from evaluation.wire.observed import CLASSES, MOST_CHARACTERS, NEVER_TOLD, class_for
from tenants import audit
from tenants.actors import Actor
from tenants.changes import alter, check, insert
from tenants.models import Project
from tenants.permissions import require
from tenants.problems import Fault, Invalid

MOST_CLASSES = 500


def classify_attributes(
    project: Project, wanted: Mapping[str, Any], *, actor: Actor, comment: str = ""
) -> AttributePrivacy:
    """Give attributes their privacy class, by name; None takes it away, `*` is the class of all that have none.

    What was kept and is known too well by then goes in the same transaction, in every environment.
    """
    require(actor, "attribute.classify", project)
    check(None, comment, faults=_faults(wanted))
    with transaction.atomic():
        row = _held(project, actor, comment)
        classes = {name: each for name, each in (row.classes | dict(wanted)).items() if each is not None}
        if len(classes) > MOST_CLASSES:
            raise Invalid([Fault("classes", f"At most {MOST_CLASSES} attributes.")])
        before, after = alter(row, {"classes": classes}, actor=actor, comment=comment)
        if after:
            _strip(row)
            audit.record(actor, "attribute.classified", project, before, after, comment=comment)
    return row


def forget_attribute(project: Project, name: str, *, actor: Actor, comment: str = "") -> int:
    """Whatever was seen of an attribute goes, in every environment; returns in how many it was. Its class stays."""
    require(actor, "attribute.forget", project)
    check(None, comment)
    with transaction.atomic():
        count: int = _rows(project).filter(name=name).delete()[0]
        if count:
            audit.record(actor, "attribute.forgotten", project, {"attribute": name}, None, comment=comment)
    return count


def _faults(wanted: Mapping[str, Any]) -> Iterator[Fault]:
    for name, each in wanted.items():
        if not name or len(name) > MOST_CHARACTERS or "\0" in name:
            yield Fault("classes", f"{quoted(name)} is no name of an attribute.")
        elif each is not None and each not in CLASSES:
            yield Fault(f"classes.{name}", f"Choose one of {', '.join(CLASSES)}.")
        elif name in NEVER_TOLD and each not in (None, "never"):
            yield Fault(f"classes.{name}", "Who somebody is is never told.")


def _held(project: Project, actor: Actor, comment: str) -> AttributePrivacy:
    """The project's row, which is made where nobody has said anything yet."""
    rows = AttributePrivacy.with_deleted.filter(project=project)
    if not rows.exists():
        row = AttributePrivacy(organization_id=project.organization_id, project=project)
        insert(row, actor=actor, comment=comment, taken="Somebody is classing attributes of this project just now.")
    found: AttributePrivacy = rows.select_for_update().get()
    return found


def _strip(row: AttributePrivacy) -> None:
    for seen in _rows(row.project).select_for_update().order_by("environment_id", "name").iterator():
        whole = unpressed(bytes(seen.content))
        wanted = class_for(seen.name, "", row.classes)
        kept = dict(privacy.stricter(seen.name, whole.get("values", {}), wanted))
        if kept != whole.get("values", {}):
            least = [] if wanted == "never" else whole.get("least", [])
            seen.content = pressed(whole | {"values": kept, "least": least})
            seen.save(update_fields=["content"])


def _rows(project: Project) -> Any:
    return SeenAttribute.with_deleted.filter(environment__project=project)
