"""Findings as documents of the management API."""

from typing import Any

from analytics.stale.evidence import Evidence
from analytics.stale.findings import Finding
from analytics.stale.keeping import Keeping
from evaluation.wire.explanations import moment

Document = dict[str, Any]


def finding_document(finding: Finding, keeping: Keeping | None = None) -> Document:
    flag = finding.flag
    return {
        "key": flag.key,
        "name": flag.name,
        "kind": flag.kind,
        "owner": flag.owner.email if flag.owner else None,
        "created_at": moment(flag.created_at),
        "is_stale": finding.is_stale,
        "sure": finding.sure,
        "evidence": [_evidence(each) for each in finding.evidence],
        "kept": None if keeping is None else _kept(keeping),
        "needed_by": [{"flag": each.flag.key, "environment": each.environment.key} for each in finding.needed_by],
        "changes": [
            {"environment": each.environment, "evaluations": each.evaluations, "variants": each.variants}
            for each in finding.changes
        ],
        "triggers": finding.triggers,
    }


def _evidence(evidence: Evidence) -> Document:
    return {
        "kind": evidence.kind,
        "days": evidence.days,
        "limit": evidence.limit,
        "since": evidence.since.isoformat(),
        "says": evidence.says,
        "environments": [
            {
                "environment": each.environment,
                "evaluations": each.evaluations,
                "variant": each.variant,
                "last_day": each.last_day.isoformat() if each.last_day else None,
            }
            for each in evidence.witnesses
        ],
        "silent": list(evidence.silent),
    }


def _kept(keeping: Keeping) -> Document:
    return {"reason": keeping.reason, "by": keeping.by, "at": moment(keeping.at) if keeping.at else None}
