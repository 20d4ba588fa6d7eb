"""What a rule or everyone else gets, as a part of the form: a variant, a split, or the code's own default."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from flags.dashboard.drafts.inputs import Input, member
from flags.dashboard.drafts.values import as_weight, read_weight

Node = dict[str, Any]
SPLIT = "split"
GOES_ON = "null"


@dataclass(frozen=True, slots=True)
class Share:
    """A piece of the bar: from where and how wide, in per cent."""

    variant: str
    start: float
    width: float


@dataclass(slots=True)
class Weight:
    variant: str
    input: Input


@dataclass(slots=True)
class Serve:
    """`choice` is "=on" for a variant, "split", or "" for the code's own default; `options` are these with their words."""

    path: str
    choice: Input
    options: list[tuple[str, str]]
    by: Input | None
    weights: list[Weight]
    shares: list[Share]
    has_ranges: bool

    @property
    def is_split(self) -> bool:
        return self.choice.text == SPLIT

    def inputs(self) -> Iterator[Input]:
        yield self.choice
        if self.by is not None:
            yield self.by
        yield from (weight.input for weight in self.weights)


def serve_of(holder: Node, name: str, path: str, variants: Sequence[str], *, may_go_on: bool) -> Serve:
    served = holder.get(name) or {}
    split = served.get("split")

    def choose(text: str) -> None:
        holder[name] = _chosen(text, served, variants)

    choice = Input(path, _choice_of(served), choose)
    options = _options(choice.text, variants, may_go_on)
    if split is None:
        return Serve(path, choice, options, None, [], [], has_ranges=False)
    by = member(split, "by", f"{path}.split", may_go=True)
    weights = _weights(split, f"{path}.split.weights", variants, may_go_on) if "weights" in split else []
    return Serve(path, choice, options, by, weights, shares_of(split), has_ranges="ranges" in split)


def _options(chosen: str, variants: Sequence[str], may_go_on: bool) -> list[tuple[str, str]]:
    """What can be chosen, and what is chosen though it is no longer there."""
    options = [(f"={variant}", variant) for variant in variants] + [(SPLIT, "a split")]
    if not may_go_on:
        options.append(("", "the code default"))
    known = {value for value, _ in options}
    return options if chosen in known else [*options, (chosen, chosen.removeprefix("="))]


def _choice_of(served: Node) -> str:
    if "split" in served:
        return SPLIT
    return f"={served['variant']}" if "variant" in served else ""


def _chosen(text: str, served: Node, variants: Sequence[str]) -> Node | None:
    if text == SPLIT:
        whole = served.get("variant", variants[0])
        return {"split": {"weights": {variant: 100 if variant == whole else 0 for variant in variants}}}
    return {"variant": text.removeprefix("=")} if text else None


def _weights(split: Node, path: str, variants: Sequence[str], may_go_on: bool) -> list[Weight]:
    weights = split["weights"]
    offered = [*variants, *([GOES_ON] if may_go_on else [])]
    names = [*offered, *(name for name in weights if name not in offered)]
    return [Weight(name, _weight(weights, name, path)) for name in names]


def _weight(weights: Node, name: str, path: str) -> Input:
    def write(text: str) -> None:
        if text.strip():
            weights[name] = read_weight(text)
        else:
            weights.pop(name, None)

    return Input(f"{path}.{name}", as_weight(weights.get(name, "")), write)


def shares_of(split: Node) -> list[Share]:
    """The bar of a split: its ranges where they were given, else its weights one after the other, as far as they go."""
    if "ranges" in split:
        return [
            Share(variant or GOES_ON, first / 1000, (past - first) / 1000) for variant, first, past in split["ranges"]
        ]
    widths = {
        name: weight for name, weight in split["weights"].items() if isinstance(weight, int | float) and weight > 0
    }
    starts = accumulate(widths.values(), initial=0)
    return [Share(name, start, width) for (name, width), start in zip(widths.items(), starts, strict=False)]
