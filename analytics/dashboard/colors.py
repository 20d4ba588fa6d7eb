"""Which colour a reason has, everywhere; those of variants are the flag's own."""

from collections.abc import Iterable, Mapping

from evaluation.core.model import Reason
from flags.models import Flag
from flags.templatetags.flag_page import color_of

REASONS: Mapping[Reason, str] = {
    "SPLIT": "v1",
    "TARGETING_MATCH": "v2",
    "STATIC": "v4",
    "DEFAULT": "v3",
    "DISABLED": "vf",
}
FAILED = "v5"
CACHE: Mapping[str, str] = {"fresh": "v2", "stale": "v3", "expired": "v4", "miss": "v5"}
BREAKERS: Mapping[str, str] = {"open": "v5", "half-open": "v3", "closed": "v2"}
# An answer without a variant is the application's own default.
NO_VARIANT = ""


def of_variants(flag: Flag, told: Iterable[str]) -> dict[str, str]:
    """Those of the flag in its order, then others that were told, as of a variant that is no more."""
    return {name: color_of(flag, name) for name in dict.fromkeys([*flag.variants, *sorted(told)])}


def of_reasons(told: Iterable[str]) -> dict[str, str]:
    """Reasons in the order of what is asked most often, then what went wrong."""
    known: dict[str, str] = {str(reason): color for reason, color in REASONS.items()}
    return known | {name: FAILED for name in sorted(told) if name not in known}
