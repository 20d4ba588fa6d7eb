"""Which servers each release has in each upstream, read from a plan; and the upstreams.conf that gives each its share.

    {"releases": ["blue", "green"],
     "upstreams": {"web": {"blue": ["10.0.0.1:8000"], "green": ["10.0.0.2:8000"]},
                   "grafana": {"": ["10.0.0.9:3000"]}}}

What belongs to no release stands under "".
"""

import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Servers = Mapping[str, Sequence[str]]
OF_BOTH = ""
ALL = 100
# As deploy/nginx/upstreams.conf has them.
FAILS = "max_fails=2 fail_timeout=5s"
EXTRA = {"relays": ["keepalive 64;"]}


class PlanError(Exception):
    """What is wrong with the plan, in words."""


@dataclass(frozen=True)
class Plan:
    upstreams: Mapping[str, Servers]
    releases: Sequence[str]

    def other(self, release: str) -> str:
        """The one that serves until now. Raises PlanError for a release that is not in the plan."""
        if release not in self.releases:
            raise PlanError(f'There is no release "{release}" in the plan; it has {" and ".join(self.releases)}.')
        return next(name for name in self.releases if name != release)

    def addresses(self, release: str) -> frozenset[str]:
        """Of its servers as nginx's log names them, by number. Raises OSError for a name that nobody knows."""
        named = [server for servers in self.upstreams.values() for server in servers.get(release, ())]
        return frozenset(address for server in named for address in _numbers(server))


def read_plan(path: Path) -> Plan:
    """Raises PlanError."""
    try:
        document = json.loads(path.read_text())
        plan = Plan(document["upstreams"], document["releases"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PlanError(f"{path} is no plan: {error!r}. deploy/shifting/releases.py shows one.") from None
    if len(plan.releases) != 2:
        raise PlanError(f"{path} must name two releases.")
    for name, servers in plan.upstreams.items():
        if not servers.get(OF_BOTH) and not all(servers.get(release) for release in plan.releases):
            raise PlanError(f'{path}: "{name}" needs servers of both releases.')
    return plan


def upstreams_of(plan: Plan, release: str, share: int) -> str:
    """The file in which this release gets so many in a hundred requests, and the other one the rest."""
    blocks = [_block(plan, name, release, share) for name in plan.upstreams]
    return f"# Written by deploy/shifting: {release} {share} %, {plan.other(release)} {ALL - share} %.\n" + "".join(
        blocks
    )


def _block(plan: Plan, name: str, release: str, share: int) -> str:
    servers, other = plan.upstreams[name], plan.other(release)
    new, old = servers.get(release, ()), servers.get(other, ())
    lines = [f"server {server} {FAILS};" for server in servers.get(OF_BOTH, ())]
    # A weight is of one server: a release with fewer of them needs heavier ones.
    lines += [_line(server, share * max(len(old), 1)) for server in new]
    lines += [_line(server, (ALL - share) * max(len(new), 1)) for server in old]
    return "\n    ".join([f"upstream {name} {{", f"zone {name} 128k;", *lines, *EXTRA.get(name, [])]) + "\n}\n"


def _line(server: str, weight: int) -> str:
    return f"server {server} weight={weight} {FAILS};" if weight else f"server {server} down;"


def _numbers(server: str) -> set[str]:
    host, _, port = server.rpartition(":")
    found = socket.getaddrinfo(host.strip("[]"), int(port), proto=socket.IPPROTO_TCP)
    return {f"[{to[0]}]:{port}" if ":" in str(to[0]) else f"{to[0]}:{port}" for *_, to in found}
