"""The Python SDK: microseconds of one boolean_value in an application, beside other SDKs in the same run"""

import json

from evaluation.core.context import context_from
from evaluation.sdk.client import Client
from script.benches._peers.question import ATTRIBUTES, Peer, check
from script.benches._peers.running import Measured, measured
from script.benches._report import Table
from script.benches._rulesets import CONTEXT, a_flag, manifest, mixed_flags, three_rules
from script.benches._signing import jwks, signed
from script.benches._timing import RUNS, SECONDS_PER_RUN, nanoseconds

CASES = {"a": "a: boolean flag, no rules", "b": "b: 3 rules of 2 conditions, 25 % split"}
NOTES = [
    f"time of the processor; {RUNS} runs of {SECONDS_PER_RUN} s for each SDK and case; every peer in a process of its own",
    "ours: Client.boolean_value with a dict as context, telemetry on; verified rules, as a bootstrap brings them",
    "ours is measured before and after each peer, and times ours compares with those runs: the machine is shared",
    "theirs: the call that an application makes, with the asker made beforehand and their events off; flagd's evaluator",
    "without the provider and OpenFeature around it, flagsmith's engine without its SDK",
]


def measure() -> Table:
    table = Table(["case", "SDK", "µs, median", "µs, best", "times ours"])
    client = _client()
    _check(client)
    ours = [_ours(client)]
    peers: list[tuple[Measured, Measured]] = []
    for peer in measured(table.notes):
        ours.append(_ours(client))
        peers.append((peer, _together(ours[-2:])))
    for letter, case in CASES.items():
        _add(table, case, _together(ours), letter)
        for other in _other_ways(client) if letter == "b" else []:
            _add(table, case, other, letter)
        for peer, beside in sorted(peers, key=lambda each: each[0].median(letter)):
            _add(table, case, peer, letter, beside)
    table.notes += NOTES
    return table


def _add(table: Table, case: str, each: Measured, letter: str, beside: Measured | None = None) -> None:
    ratio = each.median(letter) / beside.median(letter) if beside else None
    table.add(case, each.name, each.median(letter) / 1_000, min(each.times[letter]) / 1_000, ratio)


def _ours(client: Client) -> Measured:
    return Measured(
        "FlagForge",
        {
            "a": nanoseconds(lambda: client.boolean_value("plain", False, CONTEXT)),
            "b": nanoseconds(lambda: client.boolean_value("rules", False, CONTEXT)),
        },
    )


def _together(runs: list[Measured]) -> Measured:
    return Measured(runs[0].name, {letter: [time for run in runs for time in run.times[letter]] for letter in CASES})


def _other_ways(client: Client) -> list[Measured]:
    prepared = context_from(CONTEXT)
    once = nanoseconds(lambda: client.boolean_value("rules", False, prepared))
    details = nanoseconds(lambda: client.boolean_details("rules", False, CONTEXT))
    return [
        Measured("FlagForge, a Context made once", {"b": once}),
        Measured("FlagForge, boolean_details", {"b": details}),
    ]


def _client() -> Client:
    flags = {"plain": a_flag(), "rules": a_flag(rules=three_rules()), **mixed_flags(100)}
    return Client(mode="offline", bootstrap=signed(manifest(flags)), public_keys=jwks())


def _check(client: Client) -> None:
    """The same claims that every peer has to keep."""
    check(
        Peer(
            plain=lambda: client.boolean_value("plain", False, CONTEXT),
            ruled=lambda: client.boolean_value("rules", False, CONTEXT),
            bulk=lambda: json.dumps(client.all_flags(CONTEXT)).encode(),
            ask=lambda key, country: client.boolean_value(
                "rules", False, {**ATTRIBUTES, "targetingKey": key, "country": country}
            ),
            elsewhere=True,
        )
    )
