"""What a rule or the fallthrough serves: a variant, or a draw in which one is found."""

from typing import Any

from ..bucketing import bucket, bucketing_key
from ..context import TARGETING_KEY, Context, reader
from .trace import Draw, Range


def served(serve: Any, salt: object, context: Context) -> tuple[str | None, Draw | None]:
    """The variant (None: none, so that the next rule is asked), and the draw where a bucket decided.

    `salt` is the flag's. A split whose whole width is one variant, or goes on to the next rule, draws nothing.
    """
    if not (isinstance(serve, dict) and "split" in serve):
        return (serve.get("variant") if isinstance(serve, dict) else serve), None
    ranges = tuple((variant, start, end) for variant, start, end in serve["split"]["ranges"])
    if len({variant for variant, _, _ in ranges}) == 1:
        return ranges[0][0], None
    draw = _draw(serve["split"], ranges, salt, context)
    return (draw.drawn[0] if draw.drawn else None), draw


def _draw(split: dict[str, Any], ranges: tuple[Range, ...], flag_salt: object, context: Context) -> Draw:
    by, salt = split.get("by", TARGETING_KEY), split.get("salt", flag_salt)
    key = bucketing_key(reader(by)(context.attributes))
    if key is None:
        return Draw(by, None, salt, None, None, ranges)
    found = bucket(salt, key)
    drawn = next(each for each in ranges if each[1] <= found < each[2])
    return Draw(by, key, salt, found, drawn, ranges)
