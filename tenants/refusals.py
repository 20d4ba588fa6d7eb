"""How the refusals of services read on a page."""

from dataclasses import dataclass

from django.core.exceptions import ObjectDoesNotExist

from tenants.permissions import NotAllowed
from tenants.problems import Conflict, Invalid, TooMany

REFUSALS = (Invalid, Conflict, TooMany, NotAllowed, ObjectDoesNotExist)


@dataclass(frozen=True, slots=True)
class Complaint:
    """What was wrong, and with which member of the document ("" for the whole of it)."""

    member: str
    message: str


def complaints_of(refusal: Exception) -> list[Complaint]:
    if isinstance(refusal, Invalid):
        return [Complaint(member_of(fault.path), _located(fault.path, fault.message)) for fault in refusal.faults]
    if isinstance(refusal, ObjectDoesNotExist):
        return [Complaint("", "It was deleted meanwhile, or what holds it was.")]
    return [Complaint("", str(refusal))]


def member_of(path: str) -> str:
    """The outermost member that a path goes through: `rules` of `rules[1].if.op`."""
    return path.partition(".")[0].partition("[")[0]


def _located(path: str, message: str) -> str:
    return message if path == member_of(path) else f"{path}: {message}"
