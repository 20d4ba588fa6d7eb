"""What a plot has for each of its points: drawn here, since a page has hundreds of them and a template's loop is slow."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from analytics.dashboard.plots import Bar, Lines, Piece, Stack
from analytics.templatetags.telemetry_page import counted, duration, moment

register = template.Library()


@register.simple_tag
def bars(stack: Stack, step: str) -> SafeString:
    """As parts of an SVG; pointing at any height of a bar says what it stands for."""
    return _joined(
        format_html(
            '<g class="bar">{}<rect class="slot" x="{}%" width="{}%" height="100%"><title>{}: {}</title></rect></g>',
            _pieces(bar),
            _place(bar.slot),
            _place(bar.slot_width),
            moment(bar.start, step),
            counted(bar.total),
        )
        for bar in stack.bars
    )


def _pieces(bar: Bar) -> SafeString:
    def drawn(piece: Piece) -> tuple[str, ...]:
        return piece.color, _place(bar.x), _place(bar.width), _place(piece.y), _place(piece.height)

    rect = '<rect class="{}" x="{}%" width="{}%" y="{}%" height="{}%"/>'
    return format_html_join("", rect, map(drawn, bar.pieces))


def _place(percent: float) -> str:
    return f"{percent:.3f}"


@register.simple_tag
def bar_rows(stack: Stack, step: str) -> SafeString:
    """The counts of a table that says what the plot shows."""
    return _joined(
        _row(bar.start, step, [_cell(number, counted(number)) for number in bar.counts], counted(bar.total))
        for bar in stack.bars
    )


@register.simple_tag
def line_rows(plot: Lines, step: str) -> SafeString:
    """The measures of such a table, with a dash where nothing was measured."""
    dash = SafeString("<td>–</td>")
    return _joined(
        _row(start, step, [dash if value is None else _cell(value, duration(value)) for value in values])
        for start, values in plot.rows
    )


def _cell(value: float, said: str) -> SafeString:
    return format_html('<td data-value="{}">{}</td>', repr(value), said)


def _row(start: datetime, step: str, cells: Sequence[SafeString], whole: str | None = None) -> SafeString:
    last = "" if whole is None else format_html("<td>{}</td>", whole)
    head = f"{start.day} {start:%b}" if step == "day" else f"{start.day} {start:%b} {start:%H:%M}"
    row = '<tr data-at="{}"><th scope="row">{}</th>{}{}</tr>'
    return format_html(row, int(start.timestamp()), head, _joined(cells), last)


def _joined(parts: Iterable[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))
