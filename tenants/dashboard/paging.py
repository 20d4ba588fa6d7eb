"""Lists in pages: the rows of one, and the ways to the pages beside it, which keep whatever else was asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, QueryDict

PER_PAGE = 25


@dataclass(frozen=True, slots=True)
class Paged:
    """Drawn with its ways by `tenants/_pages.html`; `rows` are a list or a queryset."""

    page: Page[Any]
    asked: QueryDict

    @classmethod
    def of(cls, rows: Any, request: HttpRequest, per_page: int = PER_PAGE) -> Self:
        """The page that `?page=` names; the nearest there is when it names none."""
        return cls(Paginator(rows, per_page).get_page(request.GET.get("page")), request.GET)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.page.object_list)

    @property
    def count(self) -> int:
        """Of the rows of all pages."""
        return self.page.paginator.count

    @property
    def before(self) -> str:
        return self._at(self.page.number - 1) if self.page.has_previous() else ""

    @property
    def after(self) -> str:
        return self._at(self.page.number + 1) if self.page.has_next() else ""

    def _at(self, number: int) -> str:
        asked = self.asked.copy()
        asked["page"] = str(number)
        return f"?{asked.urlencode()}"
