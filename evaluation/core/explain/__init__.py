"""Why somebody gets what they get: every step of the decision, in its order, with what it saw."""

from .decision import explain
from .trace import Explanation

__all__ = ["Explanation", "explain"]
