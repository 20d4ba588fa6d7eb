"""The purge: what was deleted, and whose time is over, goes for ever with all that belongs to it.

A purge is a row, and so is each of its stages (`tenants.models.purges`). The worker looks every few seconds (`work`): it begins
what is due and goes on with what has begun, a bounded transaction at a time, each of which removes some rows and writes down
how many. So a process may die anywhere, and several may work at once: whoever comes next goes on where the last commit was.
"""

from tenants.purging.beginning import begin, begin_due
from tenants.purging.logs import purge_logs
from tenants.purging.working import forget_finished, work

__all__ = ["begin", "begin_due", "forget_finished", "purge_logs", "work"]
