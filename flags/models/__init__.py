"""Every table of the flags app."""

from flags.models.flags import Flag, FlagConfig
from flags.models.saved_views import SavedView
from flags.models.segments import Segment
from flags.models.triggers import FlagTrigger
from flags.models.watching import Watch, WatchedEvent, WatchPosition

__all__ = ["Flag", "FlagConfig", "FlagTrigger", "SavedView", "Segment", "Watch", "WatchPosition", "WatchedEvent"]
