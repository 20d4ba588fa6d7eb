"""Telemetry as SDKs send it: a batch is judged item by item; what is good is kept, and what is wrong is named."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core.instants import instant
from ..core.values import Fault, inside
from .members import Check, Wrong
from .problems import bad_request
from .replies import Reply
from .requests import json_object
from .telemetry_items import ENVELOPE, LISTS, MAPS, MAY_BE_MISSING, SINGLE, counted_by_name

EVENTS = "/api/v1/sdk/events"
MOST_NAMED = 100


@dataclass(frozen=True, slots=True)
class Batch:
    """`document` is what is kept: the envelope, and the items that are good."""

    id: str
    document: Mapping[str, Any]
    accepted: int
    rejected: tuple[Fault, ...]

    @property
    def instance(self) -> str:
        """Who evaluates with this manifest, and has no stream by which that is known already; "" where nobody says so."""
        sdk = self.document["sdk"]
        if "manifest" not in self.document or not sdk.get("instance") or sdk.get("mode", "polling") != "polling":
            return ""
        return "/".join(sdk.get(name, "") for name in ("name", "application", "instance"))

    @property
    def reply(self) -> Reply:
        """The same for the same body, whoever answers and however often."""
        named = [{"path": fault.path, "message": fault.message} for fault in self.rejected[:MOST_NAMED]]
        if more := len(self.rejected) - len(named):
            named.append({"path": "", "message": f"and {more:,} more"})
        body = json.dumps({"accepted": self.accepted, "rejected": named}, ensure_ascii=False, separators=(",", ":"))
        return Reply(202, body.encode("utf-8", "backslashreplace"), headers=(("Cache-Control", "no-store"),))


def read_batch(body: bytes) -> Batch:
    """The batch in a body; raises `Refused` (400) with every fault of what is around the items."""
    written = json_object(body, "")
    if faults := [*_faults_around(written)]:
        raise bad_request(f"{faults[0].path}: {faults[0].message}", errors=faults)
    envelope = {name: check(written[name]) for name, check in ENVELOPE.items() if written.get(name) is not None}
    judge = _Judge()
    items = {
        name: judge.kept(name, written[name]) for name in (*LISTS, *MAPS, *SINGLE) if written.get(name) is not None
    }
    document = envelope | {name: kept for name, kept in items.items() if kept}
    return Batch(envelope["batch"], document, judge.accepted, tuple(judge.rejected))


def _faults_around(written: Mapping[str, Any]) -> Iterator[Fault]:
    for name, check in ENVELOPE.items():
        if written.get(name) is None:
            if name not in MAY_BE_MISSING:
                yield Fault(name, "is missing")
            continue
        try:
            check(written[name])
        except Wrong as wrong:
            yield wrong.at(name)
    begun, ended = _moment(written.get("from")), _moment(written.get("to"))
    if begun is not None and ended is not None and begun > ended:
        yield Fault("to", "must not be before from")
    for kinds, form, said in ((LISTS, list, "a list"), (MAPS, dict, "an object")):
        for name, kind in kinds.items():
            given = written.get(name)
            if given is not None and (not isinstance(given, form) or len(given) > kind.most):
                yield Fault(name, f"must be {said} of at most {kind.most:,} items")


def _moment(written: object) -> int | None:
    return instant(written) if isinstance(written, str) else None


@dataclass(slots=True)
class _Judge:
    accepted: int = 0
    rejected: list[Fault] = field(default_factory=list)

    def kept(self, name: str, value: Any) -> Any:
        """What is good of the items under a name; nothing where none is."""
        if name in SINGLE:
            return next(iter(self._good(SINGLE[name], [(None, value)], name)), None)
        if name in LISTS:
            return self._good(LISTS[name].check, enumerate(value), name)
        members = [(key, (key, count)) for key, count in value.items()]
        return dict(self._good(counted_by_name(MAPS[name].check), members, name))

    def _good(self, check: Check, items: Iterable[tuple[Any, Any]], name: str) -> list[Any]:
        """Items come with their place under the name; None for the name itself."""
        good = []
        for place, item in items:
            try:
                good.append(check(item))
            except Wrong as wrong:
                self.rejected.append(wrong.at(name if place is None else inside(name, place)))
        self.accepted += len(good)
        return good
