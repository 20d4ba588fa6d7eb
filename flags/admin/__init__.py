"""The pages of flags in the admin; each module registers its own."""

from flags.admin import configs, flags, segments, triggers

__all__ = ["configs", "flags", "segments", "triggers"]
