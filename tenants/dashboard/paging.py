"""Lists in pages: the rows of one, and the ways to the pages beside it, which keep whatever else was asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import HttpRequest

PER_PAGE = 25


@dataclass(frozen=True, slots=True)
class Paged:
    """Drawn with its ways by `tenants/_pages.html`; `asked` is what their addresses ask for besides."""

    page: Page[Any]
    asked: Mapping[str, Any]

    @classmethod
    def of(
        cls, rows: Any, request: HttpRequest, per_page: int = PER_PAGE, asked: Mapping[str, Any] | None = None
    ) -> Self:
        """The page of a list or queryset that `?page=` names; the nearest there is when it names none."""
        page = Paginator(rows, per_page).get_page(request.GET.get("page"))
        return cls(page, request.GET.dict() if asked is None else asked)

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
        return "?" + urlencode({**self.asked, "page": number})
