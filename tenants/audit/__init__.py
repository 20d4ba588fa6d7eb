"""The audit log: one writer, a chain of hashes per organization with a keyed end, checkpoints, erasing and purging."""

from tenants.audit.checking import chains, verify
from tenants.audit.checkpoints import HeadBroken, store_waiting, take, take_all
from tenants.audit.erasing import erase_person
from tenants.audit.purging import end_chain, purge_before
from tenants.audit.recording import record
from tenants.audit.rekeying import rekey

__all__ = [
    "HeadBroken",
    "chains",
    "end_chain",
    "erase_person",
    "purge_before",
    "record",
    "rekey",
    "store_waiting",
    "take",
    "take_all",
    "verify",
]
