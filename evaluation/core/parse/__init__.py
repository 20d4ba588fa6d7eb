"""What people write, checked whole before it is stored: every fault has its path, and says what is allowed."""

from .config import parse_config
from .references import flags_referenced, segments_referenced
from .segments import parse_segment
from .variants import parse_variants

__all__ = ["flags_referenced", "parse_config", "parse_segment", "parse_variants", "segments_referenced"]
