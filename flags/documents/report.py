"""Everything that is wrong with a document, collected on one walk, as the refusal that doors understand."""

from collections.abc import Callable, Collection, Iterable
from typing import Any, TypeVar

from evaluation.core.parse.faults import Faults, known, suggestion
from evaluation.core.values import Fault as CoreFault
from evaluation.core.values import InvalidDefinition, stored_json_faults
from tenants.problems import Fault, Invalid

Result = TypeVar("Result")


class Report(Faults):
    """Faults of one document in the order found; `settle` raises Invalid."""

    def settle(self) -> None:
        checked(super().settle)

    def extend(self, faults: Iterable[CoreFault]) -> None:
        for fault in faults:
            self.add(fault.path, fault.message)

    @property
    def is_clean(self) -> bool:
        return not self._found


def members_of(body: object, allowed: Collection[str], report: Report) -> dict[str, Any]:
    """The known members of a body that can be stored; raises Invalid at once for what cannot."""
    report.extend(stored_json_faults(body))
    report.settle()
    return report.members_of(body, "", allowed)


def hint(word: str, choices: Collection[str]) -> str:
    """What to write instead: the nearest known word, else all of them as long as they are few."""
    return suggestion(word, choices) or (known(choices) if len(choices) <= 20 else "")


def checked(parse: Callable[..., Result], *arguments: Any, **named: Any) -> Result:
    """What the parser returns; its refusal as ours."""
    try:
        return parse(*arguments, **named)
    except InvalidDefinition as error:
        raise Invalid([Fault(fault.path, fault.message) for fault in error.faults]) from None
