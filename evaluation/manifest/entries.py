"""The canonical bytes of each flag and segment as this process last wrote them, so that publishing a change costs what changed.

An entry is taken again while the row that it was made of has the version that it had: every service raises it. What is kept is
only ever a copy of committed rows, and may be lost at any time.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from evaluation.core.canonical import canonical
from flags.selectors import Stamp

# So many bytes of entries are kept in one process, of the environments that were published last.
MOST_BYTES = 64 * 2**20

Entries = dict[str, tuple[Stamp, bytes]]
# Asked for the documents under these keys; None asks for all.
Load = Callable[[Collection[str] | None], Iterable[tuple[str, Any]]]

_kept: OrderedDict[tuple[str, str], tuple[Entries, int]] = OrderedDict()
_lock = threading.Lock()


def written(owner: tuple[str, str], stamps: Mapping[str, Stamp], load: Load, *, anew: bool = False) -> bytes:
    """A canonical JSON object of an entry for each stamp; `load` is asked for the documents of those that are not kept.

    `owner` is the environment and what kind of entries these are. With `anew` nothing that is kept is believed.
    """
    known, _ = ({}, 0) if anew else _kept.get(owner, ({}, 0))
    entries = {key: known[key] for key, stamp in stamps.items() if key in known and known[key][0] == stamp}
    if missing := [key for key in stamps if key not in entries]:
        entries |= {key: (stamps[key], canonical(document)) for key, document in load(missing if entries else None)}
    _keep(owner, entries)
    return b"{%b}" % b",".join(b"%b:%b" % (canonical(key), entries[key][1]) for key in sorted(entries))


def _keep(owner: tuple[str, str], entries: Entries) -> None:
    size = sum(len(content) for _, content in entries.values())
    with _lock:
        _kept[owner] = entries, size
        _kept.move_to_end(owner)
        while len(_kept) > 1 and sum(size for _, size in _kept.values()) > MOST_BYTES:
            _kept.popitem(last=False)


def forget_everything() -> None:
    """For tests that begin with an empty process."""
    _kept.clear()
