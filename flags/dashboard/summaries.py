"""What a flag does in one environment, in one short line: `everyone`, `3 rules, else 25 % on`, `serves off`."""

from typing import Any

from flags.models import Flag, FlagConfig

CODE_DEFAULT = "code default"
# A split into more than these is counted, not listed.
MOST_SHARES = 3


def word_of(config: FlagConfig) -> str:
    """What its switch says: On, Off, or Killed for what the kill switch turned off."""
    if config.enabled:
        return "On"
    return "Killed" if config.killed_at else "Off"


def line_of(flag: Flag, config: FlagConfig, *, has_targets: bool) -> str:
    if not config.enabled:
        return f"serves {config.off_variant}" if config.off_variant else CODE_DEFAULT
    rules = "1 rule" if len(config.rules) == 1 else f"{len(config.rules)} rules"
    if config.rules and has_targets:
        return f"{rules} and targets"
    special = rules if config.rules else "targets" if has_targets else ""
    rest = served(flag, config.fallthrough)
    return f"{special}, else {rest}" if special else _to_everyone(flag, config.fallthrough, rest)


def _to_everyone(flag: Flag, serve: dict[str, Any] | None, words: str) -> str:
    """True for everyone is what "on" means; that needs no more words."""
    if serve is not None and flag.variants.get(serve.get("variant")) is True:
        return "everyone"
    return f"serves {words}" if serve is not None and "variant" in serve else words


def served(flag: Flag, serve: dict[str, Any] | None) -> str:
    """`on`, `25 % on`, `50 / 50` or `4 variants`."""
    if serve is None:
        return CODE_DEFAULT
    if "variant" in serve:
        return str(serve["variant"])
    shares = {name: share for name, share in shares_of(serve["split"]).items() if share}
    if flag.value_type == Flag.ValueType.BOOLEAN:
        return next((f"{_number(share)} % {name}" for name, share in shares.items() if flag.variants[name]), "0 %")
    return " / ".join(map(_number, shares.values())) if len(shares) <= MOST_SHARES else f"{len(shares)} variants"


def shares_of(split: dict[str, Any]) -> dict[str, float]:
    """Variant → per cent."""
    shares: dict[str, float] = {}
    for variant, start, end in split["ranges"]:
        shares[variant] = shares.get(variant, 0) + (end - start) / 1_000
    return shares


def _number(share: float) -> str:
    return f"{share:.3f}".rstrip("0").rstrip(".")
