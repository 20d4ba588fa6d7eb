"""Every table of the flags app."""

from flags.models.flags import Flag, FlagConfig
from flags.models.segments import Segment
from flags.models.triggers import FlagTrigger
from flags.models.watching import Watch, WatchedEvent, WatchPosition

__all__ = ["Flag", "FlagConfig", "FlagTrigger", "Segment", "Watch", "WatchPosition", "WatchedEvent"]
