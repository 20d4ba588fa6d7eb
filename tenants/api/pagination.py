"""Lists a page at a time, by cursor: stable while rows come and go."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from tenants.api.problems import refuse

PARAMETERS = ("cursor", "limit")


class Pages(CursorPagination):
    """Rows in the order of one unique column."""

    page_size = 50
    max_page_size = 200
    cursor_query_param = "cursor"
    page_size_query_param = "limit"

    def __init__(self, by: str) -> None:
        self.by = by

    def get_ordering(self, request: Any, queryset: Any, view: Any) -> Sequence[str]:  # type: ignore[override]  # any sequence will do
        return (self.by,)

    def get_page_size(self, request: Request) -> int:
        given = request.query_params.get("limit")
        if given is None:
            return self.page_size
        if not (given.isascii() and given.isdigit() and len(given) < 4 and 1 <= int(given) <= self.max_page_size):
            raise refuse("limit", f"a whole number from 1 to {self.max_page_size}")
        return int(given)

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        try:
            return super().paginate_queryset(queryset, request, view) or []
        except (NotFound, ValueError, ValidationError):
            raise refuse("cursor", "no cursor of this list; take one from `next` or `previous`") from None

    def decode_cursor(self, request: Request) -> Any:
        cursor = super().decode_cursor(request)
        if cursor is not None and not str(cursor.position or "").isprintable():
            raise ValueError("not made here")
        return cursor
