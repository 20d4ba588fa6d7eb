"""The playground of a project: what flags serve to contexts in environments, drafts included, explained where asked."""

from collections.abc import Collection, Iterator
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from evaluation.api import schema
from evaluation.api.questions import Question, read_question
from evaluation.core.context import Context
from evaluation.core.values import inside
from evaluation.playground import MOST_CELLS, MOST_EXPLAINED, Board, boards_of, unknown_flags
from evaluation.wire.explanations import answer_document, explanation_document, moment
from flags.selectors import keys_of
from tenants import selectors
from tenants.api.doors import ProjectView
from tenants.api.problems import Refused
from tenants.problems import Invalid


@schema.playground
class Playground(ProjectView):
    """What flags serve to contexts in environments, or would serve with drafts. Changes nothing, and counts nothing."""

    def post(self, request: Request, **names: str) -> Response:
        body, _ = self.read()
        question = read_question(body, list(selectors.environments_of(self.actor, self.project)))
        flags = _flags(question, dict.fromkeys(keys_of(self.project)))
        _refuse_too_many(question, flags)
        boards, faults = boards_of(question.environments, flags, question.drafts, question.now)
        if faults:
            raise Invalid(faults)
        return Response(
            {
                "now": moment(question.now),
                "environments": [board.environment.key for board in boards],
                "flags": flags,
                "cells": list(_cells(question, boards, flags)),
            }
        )


def _flags(question: Question, known: Collection[str]) -> list[str]:
    """The keys that are asked; raises Invalid where one is not there, among the drafts too."""
    asked = list(known) if question.flags is None else question.flags
    named = {inside("flags", index): key for index, key in enumerate(asked)}
    if faults := unknown_flags(named | {inside("drafts", key): key for key in question.drafts}, known):
        raise Invalid(faults)
    return asked


def _refuse_too_many(question: Question, flags: list[str]) -> None:
    counts = {"flags": len(flags), "contexts": len(question.contexts), "environments": len(question.environments)}
    cells = counts["flags"] * counts["contexts"] * counts["environments"]
    most, what = (MOST_EXPLAINED, "explained") if question.explain else (MOST_CELLS, "answered")
    if cells > most:
        product = " × ".join(f"{count:,} {name}" for name, count in counts.items())
        detail = f"{product} are {cells:,} cells; at most {most:,} are {what} at once."
        raise Refused(422, "too-many-cells", "Too much at once", detail)


def _cells(question: Question, boards: list[Board], flags: list[str]) -> Iterator[dict[str, Any]]:
    for board in boards:
        for index, context in enumerate(question.contexts):
            for flag in flags:
                place = {"environment": board.environment.key, "context": index, "flag": flag}
                yield place | _cell(question, board, flag, context)


def _cell(question: Question, board: Board, flag: str, context: Context) -> dict[str, Any]:
    if question.explain:
        return explanation_document(board.explain(flag, context, question.now, client=question.client))
    return {"answer": answer_document(board.answer(flag, context, question.now, client=question.client))}
