"""How one process of a relay goes to work: whom it follows and believes, or that it follows nobody."""

from dataclasses import dataclass, field

from ..sdk.hearing.backoff import LONGEST_SECONDS
from ..sdk.mirror import Copy
from ..sdk.upstream import Upstream
from .anchor import Anchor
from .follower import Follower
from .holdings import Holdings
from .offline import hold
from .store import Store
from .subscriptions import Everything, OneEnvironment

# The first process is started again within about a second; the others need not wait longer for it.
LONGEST_WAIT_INSIDE = 1.0


@dataclass(frozen=True, slots=True)
class Plan:
    """`server_key` where upstream is followed with one; `insider` is the key of the relay's other processes.

    With a `copy` nobody is followed, and callers show one of `api_keys`. `number` of `count` processes: the others follow the
    first.
    """

    anchor: Anchor = field(default_factory=Anchor)
    server_key: str = ""
    insider: str = ""
    copy: Copy | None = None
    api_keys: tuple[str, ...] = ()
    number: int = 1
    count: int = 1

    @property
    def shares_its_port(self) -> bool:
        return self.count > 1

    @property
    def has_upstream(self) -> bool:
        return self.copy is None

    @property
    def hears_of_keys(self) -> bool:
        """Whether keys come and go by what upstream says; with a server key or a file there are no others."""
        return self.has_upstream and not self.server_key

    @property
    def reports(self) -> bool:
        """Whether upstream is told how far versions have come: it takes that from relay keys alone."""
        return self.hears_of_keys

    def follower(self, upstream: Upstream, holdings: Holdings, store: Store | None) -> Follower:
        if self.insider:
            holdings.let_in(self.insider)
        return Follower(
            upstream,
            holdings,
            store,
            subscription=OneEnvironment(self.server_key, holdings) if self.server_key else Everything(),
            anchor=self.anchor,
            longest_wait=LONGEST_SECONDS if self.number == 1 else LONGEST_WAIT_INSIDE,
        )

    def begin(self, follower: Follower) -> None:
        """With what is on disk."""
        if self.copy is None:
            follower.recall()
        else:
            hold(self.copy, self.api_keys, follower.heard)
