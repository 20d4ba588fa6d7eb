"""A flag as a row of the list: its state in every environment, how often it is asked for, and what one may do about it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from flags import selectors, traffic
from flags.dashboard.sparks import Spark, spark_of
from flags.dashboard.summaries import line_of, word_of
from flags.models import Flag, FlagConfig
from tenants.actors import Actor
from tenants.models import Environment
from tenants.permissions import allowed


@dataclass(frozen=True, slots=True)
class Column:
    """An environment, and what the actor may do to flags there."""

    environment: Environment
    may_toggle: bool
    may_kill: bool

    @property
    def reason(self) -> str:
        """Why the switches of this column are locked."""
        name = self.environment.name
        if self.environment.is_protected:
            return f"{name} is protected: it takes the role admin, or a role on {name} itself, to switch flags there."
        return "It takes the role member to switch flags."


@dataclass(frozen=True, slots=True)
class Cell:
    column: Column
    enabled: bool
    killed_at: datetime | None
    word: str
    line: str


@dataclass(frozen=True, slots=True)
class Row:
    """`stamp` differs as soon as anything in the row does."""

    flag: Flag
    cells: tuple[Cell, ...]
    spark: Spark
    changed_at: datetime
    stamp: str

    @property
    def killable(self) -> list[Environment]:
        return [cell.column.environment for cell in self.cells if cell.enabled and cell.column.may_kill]


def columns_of(environments: Iterable[Environment], actor: Actor) -> list[Column]:
    return [
        Column(each, allowed(actor, "flag.toggle", each), allowed(actor, "flag.kill", each)) for each in environments
    ]


def rows_of(flags: Sequence[Flag], columns: Sequence[Column], now: datetime) -> list[Row]:
    """Two queries more, however many flags and environments there are."""
    environments = [column.environment for column in columns]
    found = FlagConfig.objects.filter(flag__in=flags, environment__in=environments)
    # Ten thousand targets stay in the database: that there are some is enough to know.
    found = found.defer("targets", "prerequisites").annotate(has_targets=~Q(targets=[]))
    states = {(config.flag_id, config.environment_id): config for config in found}
    counts = traffic.by_hour(environments, [flag.key for flag in flags], now)
    return [_row(flag, columns, states, spark_of(counts.get(flag.key), now)) for flag in flags]


def _row(flag: Flag, columns: Sequence[Column], states: Mapping[tuple[str, str], Any], spark: Spark) -> Row:
    configs = [
        states.get((flag.pk, column.environment.pk)) or selectors.untouched(flag, column.environment)
        for column in columns
    ]
    cells = tuple(_cell(flag, column, config) for column, config in zip(columns, configs, strict=True))
    changed_at = max([flag.updated_at, *(config.updated_at for config in configs if config.updated_at)])
    stamp = "-".join(str(version) for version in (flag.version, *(config.version for config in configs)))
    return Row(flag, cells, spark, changed_at, stamp)


def _cell(flag: Flag, column: Column, config: Any) -> Cell:
    line = line_of(flag, config, has_targets=getattr(config, "has_targets", False))
    return Cell(column, config.enabled, config.killed_at, word_of(config), line)
