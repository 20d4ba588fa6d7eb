"""Every table of the flags app."""

from flags.models.flags import Flag, FlagConfig
from flags.models.segments import Segment

__all__ = ["Flag", "FlagConfig", "Segment"]
