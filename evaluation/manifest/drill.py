"""The restore drill: the last backup into scratch, and whether what is there answers as what is live.

For each environment the rules are made anew out of the restored rows, and asked about golden contexts; so is the manifest that is
published at the version which the backup holds. Every answer must be the same, and the restored signature be ours.
"""

import logging
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from evaluation.core.context import context_from
from evaluation.core.evaluate import evaluate_all
from evaluation.core.manifest import read_manifest
from evaluation.core.values import loads
from evaluation.manifest import sign
from evaluation.manifest.build import rules_from
from evaluation.manifest.cache import Published
from evaluation.manifest.golden import golden_contexts
from evaluation.models import ManifestHead, ManifestVersion
from flags.selectors import flag_states, manifest_segments
from tenants.backups import files, keeping, loading, schema, watching
from tenants.backups.ciphering import Unusable
from tenants.backups.making import Told, silently
from tenants.backups.scratch import scratch
from tenants.models import BackupRun, OutboxEvent

MOST_TOLD = 20

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Comparison:
    """`skipped` are environments with changes that were not published yet when the backup was made."""

    environments: int = 0
    skipped: int = 0
    contexts: int = 0
    answers: int = 0
    differences: list[str] = field(default_factory=list)


def drill_daily(now: datetime) -> bool:
    """Whether it passed; nothing is done where there is no backup. Who runs the installation is told of one that failed."""
    if not keeping.kept():
        return False
    run = drill()
    watching.tell_of_drill(run, now)
    return run.is_good


def drill(name: str = keeping.LATEST, told: Told = silently) -> BackupRun:
    """Restore a backup into scratch and compare; what became of it, written down."""
    started_at, began = timezone.now(), time.monotonic()
    run = BackupRun(kind=BackupRun.Kind.DRILL, name=name[:200], started_at=started_at, seconds=0)
    try:
        _try(run, name, told)
    except Exception as error:
        log.exception("the restore drill failed")
        run.error = (str(error) if isinstance(error, Unusable) else f"{type(error).__name__}: {error}")[:2000]
    run.seconds = time.monotonic() - began
    run.save(force_insert=True)
    return run


def _try(run: BackupRun, name: str, told: Told) -> None:
    with keeping.fetched(name) as (run.name, file), scratch() as alias:
        began = time.monotonic()
        header = files.read_header(file)[0]
        schema.require_same(header.schema, header.version)
        run.rows = header.rows
        run.size = file.seek(0, 2)
        file.seek(0)
        loading.load(
            alias, files.read_pages(file), expected=header.counts, sequences=header.sequences, said=told(header.rows)
        )
        restored, began = time.monotonic() - began, time.monotonic()
        found = compare(alias)
        run.found = {
            "made_at": header.made_at,
            "environments": found.environments,
            "skipped": found.skipped,
            "contexts": found.contexts,
            "answers": found.answers,
            "differences": len(found.differences),
            "restored_in": round(restored, 2),
            "compared_in": round(time.monotonic() - began, 2),
        }
    if found.differences:
        run.error = "\n".join(found.differences[:MOST_TOLD])[:2000]


def compare(alias: str) -> Comparison:
    """What the restored database holds with what is live."""
    sign.warm()
    found = Comparison()
    waiting = set(
        OutboxEvent.objects.using(alias).filter(processed_at__isnull=True).values_list("environment_id", flat=True)
    )
    heads = ManifestHead.with_deleted.using(alias).filter(environment__deleted_at=None).select_related("environment")
    for head in heads.order_by("pk"):
        if head.pk in waiting or head.environment.project.deleted_at or head.environment.organization.deleted_at:
            found.skipped += 1
            continue
        found.environments += 1
        found.differences += _differences(head, alias, found)
    return found


def _differences(head: ManifestHead, alias: str, found: Comparison) -> Iterator[str]:
    environment, place = head.environment, f"{head.environment.project}/{head.environment}"
    kept = ManifestVersion.with_deleted.using(alias).filter(environment=head.pk, version=head.version).first()
    if kept is None:
        yield f"{place}: the manifest of version {head.version} is not in the backup"
        return
    content = zlib.decompress(kept.content)
    if sign.is_broken(Published(head.pk, kept.version, kept.checksum, content, kept.signature)):
        yield f"{place}: the signature of version {head.version} does not belong to what was restored"
    rules = rules_from(environment, flag_states(environment), manifest_segments(environment))
    yield from _answers(place, _live(head) or content, rules.manifest(head.version, head.issued), found)


def _live(head: ManifestHead) -> bytes | None:
    """None where that version was forgotten meanwhile: then the restored one speaks for it, whose signature is ours."""
    row = ManifestVersion.with_deleted.filter(environment=head.pk, version=head.version).first()
    return zlib.decompress(row.content) if row else None


def _answers(place: str, live: bytes, restored: bytes, found: Comparison) -> Iterator[str]:
    now = timezone.now()
    document: Any = loads(live)
    ours, theirs = read_manifest(live), read_manifest(restored)
    for attributes in golden_contexts(document):
        context = context_from(attributes)
        found.contexts += 1
        expected = {answer.key: answer for answer in evaluate_all(ours, context, now)}
        given = {answer.key: answer for answer in evaluate_all(theirs, context, now)}
        found.answers += len(expected)
        for key in sorted({*expected, *given}):
            # Their words: value, variant, reason, version and metadata, and 1 is not 1.0.
            if repr(expected.get(key)) != repr(given.get(key)):
                yield f"{place}: {key} for {attributes} is {_said(given.get(key))}, and was {_said(expected.get(key))}"


def _said(answer: Any) -> str:
    return "not there" if answer is None else repr(answer.value)
