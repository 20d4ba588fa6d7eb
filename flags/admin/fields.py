"""Form fields of the admin that hold JSON."""

from typing import Any

from flags import fields
from tenants.admin.forms import text_area


class JsonField(fields.JsonField):
    def __init__(self, *, rows: int = 6, **options: Any) -> None:
        super().__init__(widget=text_area(rows=rows, is_code=True), **options)
