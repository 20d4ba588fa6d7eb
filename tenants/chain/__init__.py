"""The chain of the audit log, and how it is verified: without Django, so that an outsider can run the same code.

Packaged as `flagforge_sdk.audit` too, so these modules import each other relatively.
"""
