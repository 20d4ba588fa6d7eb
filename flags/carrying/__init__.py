"""One project as a file: environments, segments, flags and their states; no keys, no people, nothing of what happened.

docs/project-files.md has the format. What is imported goes through the services of everybody, in one transaction, so that it is
checked, limited, audited and published like any change.
"""

from flags.carrying.bringing import Carried, Counts, bring_into, take_in
from flags.carrying.reading import MOST_IN_A_REQUEST, refuse_too_many
from flags.carrying.writing import exported

__all__ = ["MOST_IN_A_REQUEST", "Carried", "Counts", "bring_into", "exported", "refuse_too_many", "take_in"]
